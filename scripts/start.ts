import { buildPages } from './build-pages.ts';

// What `npm start` runs: the pages are built when they are not, then the server runs in this same process.
buildPages();
await import('../server/main.ts');
