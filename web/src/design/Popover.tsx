import {
  useCallback,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import type { ButtonProps } from './Button.js';
import { Button } from './Button.js';

const gapPx = 4;

/** Puts the panel under its button, or above where there is more room, inside the window. */
function place(anchor: HTMLElement, panel: HTMLElement): void {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
  const below = box.bottom + gapPx;
  const top = below + height > window.innerHeight - 8 ? Math.max(8, box.top - height - gapPx) : below;
  panel.style.left = `${String(left)}px`;
  panel.style.top = `${String(top)}px`;
}

function moveFocus(panel: HTMLElement, key: string): boolean {
  const items = [...panel.querySelectorAll<HTMLElement>('[role=menuitem],[role=menuitemradio]')];
  if (items.length === 0) return false;
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[key];
  if (next === undefined) return false;
  items[(next + items.length) % items.length]?.focus();
  return true;
}

interface Props extends Omit<ButtonProps, 'children' | 'content'> {
  /** the button's inside */
  face?: ReactNode;
  /** a menu of actions, or a small form */
  kind: 'menu' | 'dialog';
  panelLabel: string;
  children: (close: () => void) => ReactNode;
}

/** A button with a panel that opens by click, Enter or arrow, and closes by Escape or a click outside. */
export function Popover({ face, kind, panelLabel, children, ...button }: Props) {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const close = useCallback(() => {
    panel.current?.hidePopover();
    anchor.current?.querySelector('button')?.focus();
  }, []);
  useLayoutEffect(() => {
    const element = panel.current;
    if (!element || !anchor.current) return;
    const onToggle = (event: Event) => {
      setOpen((event as ToggleEvent).newState === 'open');
    };
    element.addEventListener('beforetoggle', onToggle);
    return () => {
      element.removeEventListener('beforetoggle', onToggle);
    };
  }, []);
  useLayoutEffect(() => {
    const element = panel.current;
    const button = anchor.current;
    if (!isOpen || !element || !button) return;
    const settle = () => {
      place(button, element);
    };
    // content may still be loading: keep the panel in place as it grows
    const observer = new ResizeObserver(settle);
    observer.observe(element);
    settle();
    element.querySelector<HTMLElement>('input,button,a,[tabindex]')?.focus({ preventScroll: true });
    return () => {
      observer.disconnect();
    };
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (kind === 'menu' && panel.current && moveFocus(panel.current, event.key)) event.preventDefault();
    if (event.key === 'Escape') close();
  };
  return (
    <span ref={anchor} className="popover-anchor">
      <Button {...button} popoverTarget={id} aria-haspopup={kind} aria-expanded={isOpen}>
        {face}
      </Button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        className="popover"
        role={kind}
        aria-label={panelLabel}
        onKeyDown={onKeyDown}
      >
        {isOpen && children(close)}
      </div>
    </span>
  );
}
