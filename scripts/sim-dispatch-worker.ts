import { parentPort } from 'node:worker_threads';
import { type Job, runJob } from './sim-dispatch-jobs.ts';

// One of the threads of `npm run sim:dispatch`: takes a job, gives its result.
parentPort?.on('message', (job: Job) => parentPort?.postMessage(runJob(job)));
