import type { Clock } from '../base/clock.ts';
import type { ChannelContext } from './channel-adapter.ts';

type Shared = ChannelContext<unknown>['shared'];
type Entry = { value: string; expiresAt: number };

/** A renewal that hangs must not keep every sender waiting for ever. */
const renewMs = 20_000;

/**
 * Access tokens and the like, for each channel: one renewal at a time however many ask, kept until it expires. In one
 * process memory is enough: after a restart the platform is asked again.
 */
export function createSharedValues(deps: { clock: Clock }): (channelId: string) => Shared {
  const values = new Map<string, Entry>();
  const renewals = new Map<string, Promise<Entry>>();
  return (channelId) => async (name, renew, options) => {
    const key = `${channelId}/${name}`;
    const known = values.get(key);
    if (known !== undefined && known.value !== options?.stale && known.expiresAt > deps.clock.now()) return known.value;
    let renewal = renewals.get(key);
    if (renewal === undefined) {
      renewal = renew(AbortSignal.timeout(renewMs)).finally(() => renewals.delete(key));
      renewals.set(key, renewal);
    }
    const entry = await renewal;
    values.set(key, entry);
    return entry.value;
  };
}
