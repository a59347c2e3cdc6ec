const shapes = {
  send: 'M4.5 12h13M12.5 6l6 6-6 6',
  clip: 'm20 11.5-8.1 8a5 5 0 0 1-7.1-7.1l8.4-8.3a3.4 3.4 0 0 1 4.8 4.8l-8.2 8.1a1.7 1.7 0 0 1-2.4-2.4l7.4-7.3',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.2a4.3 4.3 0 0 0 7 0M9 9.5v.01M15 9.5v.01',
  camera:
    'M4 8h3.2l1.6-2.5h6.4L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1ZM12 16.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6Z',
  cross: 'm6.5 6.5 11 11m0-11-11 11',
  down: 'm6 9.5 6 6 6-6',
  file: 'M13.5 3.5H7a1.5 1.5 0 0 0-1.5 1.5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5l-5-5Zm0 0v5h5',
  talk: 'M12 4c-5 0-9 3.3-9 7.4 0 2.3 1.3 4.4 3.3 5.8v3.3l3.5-1.9c.7.1 1.4.2 2.2.2 5 0 9-3.3 9-7.4S17 4 12 4Z',
  search: 'M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5',
  pin: 'M12 21s7-6.2 7-11.3a7 7 0 1 0-14 0C5 14.8 12 21 12 21Zm0-8.8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
} as const;

/** A drawn sign. Says nothing to a screen reader: the button around it does. */
export function Icon({ name }: { name: keyof typeof shapes }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
