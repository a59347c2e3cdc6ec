/**
 * Loaded into a server by `--import`, together with `--expose-gc`: on SIGUSR2 it collects garbage and writes
 * `process.memoryUsage()` as one line of JSON to stderr.
 */
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('report-memory: start with --expose-gc.');

process.on('SIGUSR2', () => {
  collect();
  collect();
  process.stderr.write(`${JSON.stringify({ memoryUsage: process.memoryUsage() })}\n`);
});
