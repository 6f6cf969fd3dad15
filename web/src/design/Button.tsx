import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon.js';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  look?: 'plain' | 'primary' | 'quiet';
}

export function Button({ icon, look = 'plain', className = '', children, ...rest }: ButtonProps) {
  const classes = ['button', look === 'plain' ? '' : look, className].filter(Boolean).join(' ');
  return (
    <button type="button" className={classes} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that shows only an icon; its name is read out and shown as a tooltip. */
export function IconButton({
  label,
  className = '',
  ...rest
}: ButtonProps & { label: string; icon: IconName }) {
  return (
    <Button look="quiet" {...rest} className={`icon-only ${className}`} aria-label={label} title={label} />
  );
}
