// React shows a fallback for at least 300 ms once it has shown one, and each waiting layer adds its own. So what a page
// needs is fetched before it is rendered, and a page whose code is here renders at once, without a fallback.
import { lazy, type ComponentType } from 'react';

export interface ReadyPage {
  (): React.JSX.Element;
  /** fetches the code; safe to call often */
  load: () => Promise<void>;
}

/** A page in a file of its own. */
export function readyPage(load: () => Promise<{ default: ComponentType }>): ReadyPage {
  let Loaded: ComponentType | undefined;
  let loading: Promise<{ default: ComponentType }> | undefined;
  const fetchOnce = () =>
    (loading ??= load().then(
      (module) => {
        Loaded = module.default;
        return module;
      },
      (error: unknown) => {
        // the next visit asks again: a connection may be back by then
        loading = undefined;
        throw error;
      },
    ));
  const Waiting = lazy(fetchOnce);
  const Page = () => (Loaded ? <Loaded /> : <Waiting />);
  return Object.assign(Page, { load: () => fetchOnce().then(() => undefined) });
}
