import { useSyncExternalStore } from 'react';

const query = window.matchMedia('(width < 720px)');
const subscribe = (listener: () => void) => {
  query.addEventListener('change', listener);
  return () => {
    query.removeEventListener('change', listener);
  };
};

export const useIsPhone = (): boolean => useSyncExternalStore(subscribe, () => query.matches);
