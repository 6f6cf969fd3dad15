import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { checkPolicy, type PolicyCheck } from './cloud-api.js';

const waitMs = 400;

/** Checks what is written, shortly after the person stops writing. */
export function usePolicyCheck(yaml: string): PolicyCheck | undefined {
  const [settled, setSettled] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(setSettled, waitMs, yaml);
    return () => {
      clearTimeout(timer);
    };
  }, [yaml]);
  const { data } = useQuery({
    queryKey: ['cloud', 'check', settled],
    queryFn: ({ signal }) => checkPolicy(settled, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  return data;
}
