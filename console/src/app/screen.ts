import { useMediaQuery } from '@mantine/hooks';

/** The same boundary as in the style sheets. */
export function useIsPhone(): boolean {
  return useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false }) ?? false;
}

/** Wide enough for all three panes side by side. */
export function useIsWide(): boolean {
  return useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false }) ?? true;
}
