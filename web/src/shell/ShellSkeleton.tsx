import './shell.css';
import { Skeleton } from '../design/Skeleton.js';
import { Logo } from './Logo.js';

/** The shell's outline, in its final place, while the first answers are on their way. */
export function ShellSkeleton() {
  return (
    <div className="shell" aria-busy="true">
      <div className="nav">
        <Logo />
      </div>
      <div className="bar" />
      <div className="content">
        <div className="page">
          <Skeleton width={180} height={24} />
        </div>
      </div>
    </div>
  );
}
