// Runs before the first paint, so that a dark screen does not flash white. A file and not an inline script, because the
// server's content-security-policy allows none. The key is the one of `src/app/theme.ts`.
try {
  const stored = localStorage.getItem('parley.color-scheme');
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
} catch {
  // No storage in this window: the page starts light.
}
