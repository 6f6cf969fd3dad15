import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { toast } from '../../shell/toast-list.js';
import { Acknowledge } from './Acknowledge.js';
import { warningsOf, type PolicyWarning } from './cloud-api.js';

interface Waiting {
  warnings: readonly PolicyWarning[];
  action: (acknowledged: string[]) => Promise<unknown>;
  done: () => void;
}

/**
 * Proposes or approves; where the server wants warnings read first, shows them and asks again with what was read.
 * Answers how to begin, and the dialogue to place on the page.
 */
export function useAcknowledged(): [
  (action: Waiting['action'], done: () => void) => Promise<void>,
  ReactNode,
] {
  const { t } = useTexts();
  const client = useQueryClient();
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const attempt = async (action: Waiting['action'], done: () => void, acknowledged: string[] = []) => {
    try {
      await action(acknowledged);
      setWaiting(null);
      await client.invalidateQueries({ queryKey: ['cloud'] });
      done();
    } catch (error) {
      const warnings = warningsOf(error);
      if (warnings.length > 0) setWaiting({ warnings, action, done });
      else toast(problemText(error, t));
    }
  };
  const dialogue = waiting && (
    <Acknowledge
      warnings={waiting.warnings}
      onClose={() => {
        setWaiting(null);
      }}
      onAcknowledge={(codes) => void attempt(waiting.action, waiting.done, codes)}
    />
  );
  return [(action, done) => attempt(action, done), dialogue];
}
