import type { RecordMarks } from './presence-recorder.ts';

const sinceName = 'routing-record-since';
const beatName = 'routing-record-beat';

/** The marks of the record, among the values that the store keeps by name. */
export function recordMarks(meta: {
  get(name: string): Promise<string | undefined>;
  getOrSet(name: string, value: string): Promise<string>;
  set(name: string, value: string): Promise<void>;
}): RecordMarks {
  return {
    since: async (now) => Number(await meta.getOrSet(sinceName, String(now))),
    lastBeat: async () => {
      const at = await meta.get(beatName);
      return at === undefined ? undefined : Number(at);
    },
    beat: (at) => meta.set(beatName, String(at)),
  };
}
