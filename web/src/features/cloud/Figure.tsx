import type { ReactNode } from 'react';

/** A number with its name above it; several stand in a `dl`. */
export function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="figure">
      <dt className="muted small">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
