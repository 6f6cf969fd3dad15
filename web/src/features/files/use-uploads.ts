import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { uploadFile, type Place } from './files-api.js';

export interface Upload {
  id: number;
  file: File;
  sentBytes: number;
  /** why it was refused */
  failure: string | null;
  cancel: AbortController;
}

/** more at once would only share the same line */
const atOnce = 2;
let lastId = 0;

export const filesKey = ({ plural, recordId }: Place) => ['attachments', plural, recordId] as const;

/** The uploads under way for one record: two at a time, each with its progress and a way to stop it. */
export function useUploads(place: Place) {
  const { t } = useTexts();
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const waiting = useRef<Upload[]>([]);
  const running = useRef(0);
  const change = useCallback((id: number, patch: Partial<Upload> | null) => {
    setUploads((all) =>
      all.flatMap((each) => (each.id !== id ? [each] : patch ? [{ ...each, ...patch }] : [])),
    );
  }, []);
  const send = useCallback(
    async ({ id, file, cancel }: Upload) => {
      try {
        await uploadFile(place, file, {
          signal: cancel.signal,
          onProgress: (sentBytes) => {
            change(id, { sentBytes });
          },
        });
        await client.invalidateQueries({ queryKey: filesKey(place) });
        change(id, null);
      } catch (error) {
        change(id, cancel.signal.aborted ? null : { failure: problemText(error, t) });
      }
    },
    [place, client, change, t],
  );
  const pump = useCallback(() => {
    while (running.current < atOnce) {
      const next = waiting.current.shift();
      if (!next) return;
      if (next.cancel.signal.aborted) continue;
      running.current += 1;
      void send(next).finally(() => {
        running.current -= 1;
        pump();
      });
    }
  }, [send]);
  const add = useCallback(
    (files: readonly File[]) => {
      const added = files.map((file): Upload => {
        lastId += 1;
        return { id: lastId, file, sentBytes: 0, failure: null, cancel: new AbortController() };
      });
      setUploads((all) => [...all, ...added]);
      waiting.current.push(...added);
      pump();
    },
    [pump],
  );
  const drop = useCallback(
    (upload: Upload) => {
      upload.cancel.abort();
      change(upload.id, null);
    },
    [change],
  );
  useUnloadWarning(uploads.some((upload) => upload.failure === null));
  return { uploads, add, drop };
}

/** Closing the window would break off what is under way: the browser asks first. */
function useUnloadWarning(isBusy: boolean): void {
  useEffect(() => {
    if (!isBusy) return;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
    };
  }, [isBusy]);
}
