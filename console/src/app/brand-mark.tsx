/** The sign of Parley; decorative, because the name stands beside it or in the heading. */
export function BrandMark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--mantine-color-parley-7)" />
      <path
        d="M9 10.5A2.5 2.5 0 0 1 11.5 8h9a2.500 2.500 0 0 1 2.500 2.500v7a2.500 2.500 0 0 1-2.500 2.500H16l-4.600 3.800c-.5.4-1.200 0-1.200-.6V20A2.500 2.500 0 0 1 9 17.700z"
        fill="#fff"
      />
    </svg>
  );
}
