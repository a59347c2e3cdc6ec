import {
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
  Modal,
  Notification,
} from '@mantine/core';

const parley: MantineColorsTuple = [
  '#eef1fd',
  '#dde2f9',
  '#b9c3f2',
  '#97a5ee',
  '#7b8de8',
  '#6276e3',
  '#546be2',
  '#455ac9',
  '#3b50b4',
  '#2f459f',
];

/** For notes and warnings; white letters on shade 8 keep WCAG AA, which Mantine's yellow and orange do not. */
const amber: MantineColorsTuple = [
  '#fff6d6',
  '#fbe7a4',
  '#f3d67a',
  '#e7c95c',
  '#d9ae33',
  '#c2951f',
  '#a97d0e',
  '#946c00',
  '#856100',
  '#6b5100',
];

/** Mantine's greys of the dark scheme, with the slight blue of our surfaces. */
const dark: MantineColorsTuple = [
  '#e4e7ee',
  '#c5cad6',
  '#9aa2b3',
  '#747c8d',
  '#3a404c',
  '#2a2e37',
  '#20232a',
  '#17191e',
  '#121418',
  '#0d0f12',
];

/** A <header> in a dialog would count as one of the page. */
const quietHeader = { attributes: { header: { role: 'presentation' } } };

export const theme = createTheme({
  colors: { parley, amber, dark },
  primaryColor: 'parley',
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: 'md',
  // What is Latin first: a Chinese font's “ ’ … are as wide as its letters, and tear English sentences.
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Ubuntu, Cantarell, Arial, "Liberation Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Modal: Modal.extend({ styles: { title: { fontWeight: 600 } }, defaultProps: quietHeader }),
    // Under a title Mantine's grey is too pale to be read.
    Notification: Notification.extend({ styles: { description: { color: 'var(--mantine-color-text)' } } }),
    Drawer: Drawer.extend({ styles: { title: { fontWeight: 600 } }, defaultProps: quietHeader }),
  },
});

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'parley.color-scheme' });

/** Our own tokens beside Mantine's: surfaces from back to front, lines, and the colours that carry a meaning. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1c2029',
    '--mantine-color-dimmed': '#5d6575',
    '--mantine-color-placeholder': '#6b7385',
    '--mantine-color-error': '#c22b2b',
    '--parley-back': '#f5f6f8',
    '--parley-hover': '#f0f2f6',
    '--parley-selected': '#e9edfb',
    '--parley-line': '#e4e7ec',
    '--parley-bubble-in': '#f0f2f5',
    '--parley-bubble-out': '#e5eafc',
    '--parley-note': '#fff6d6',
    '--parley-note-line': '#e7c95c',
    '--parley-note-text': '#6b5100',
    '--parley-whisper': '#f3ebfd',
    '--parley-whisper-line': '#b795e6',
    '--parley-whisper-text': '#5f3a96',
    '--parley-accent-text': '#3b50b4',
    '--parley-warn-text': '#8a4b00',
    '--parley-ok': '#1f8a4c',
    '--parley-warn': '#d98a00',
    '--parley-bad': '#d23c3c',
    '--parley-off': '#8a92a3',
    '--parley-shadow': '0 6px 24px rgb(20 26 44 / 12%)',
  },
  dark: {
    '--mantine-color-body': '#17191e',
    '--mantine-color-text': '#e4e7ee',
    '--mantine-color-dimmed': '#9aa2b3',
    '--mantine-color-placeholder': '#8b93a5',
    '--mantine-color-error': '#ff8080',
    '--mantine-color-default': '#20232a',
    '--mantine-color-default-hover': '#292d36',
    '--mantine-color-default-border': '#363b46',
    '--parley-back': '#101216',
    '--parley-hover': '#1f2229',
    '--parley-selected': '#262c42',
    '--parley-line': '#2a2e37',
    '--parley-bubble-in': '#23272f',
    '--parley-bubble-out': '#2b3354',
    '--parley-note': '#352d13',
    '--parley-note-line': '#77621c',
    '--parley-note-text': '#f0d98a',
    '--parley-whisper': '#2d2340',
    '--parley-whisper-line': '#75559f',
    '--parley-whisper-text': '#d3b8f7',
    '--parley-accent-text': '#a5b2f5',
    '--parley-warn-text': '#f0b661',
    '--parley-ok': '#3fb873',
    '--parley-warn': '#e5a13a',
    '--parley-bad': '#ef6363',
    '--parley-off': '#747c8d',
    '--parley-shadow': '0 6px 24px rgb(0 0 0 / 50%)',
  },
});
