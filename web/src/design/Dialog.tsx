import { useEffect, useId, useRef, type ReactNode } from 'react';
import { useTexts } from '../i18n/texts.js';
import { IconButton } from './Button.js';

interface Props {
  title: string;
  /** `wide`: as much of the window as a preview wants */
  look?: 'centred' | 'drawer' | 'wide';
  onClose: () => void;
  children: ReactNode;
}

/** A modal dialogue: the browser keeps the focus inside, Escape closes it, and the focus goes back after. */
export function Dialog({ title, look = 'centred', onClose, children }: Props) {
  const { t } = useTexts();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = ref.current;
    if (!element?.open) element?.showModal();
    return () => {
      element?.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={look}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-frame">
        <header className="dialog-head">
          <h2 id={titleId} className="grow ellipsis">
            {title}
          </h2>
          <IconButton icon="close" label={t('action.close')} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
