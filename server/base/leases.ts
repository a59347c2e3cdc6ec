/** Work that one process at a time does, whichever it is. */
export interface Leases {
  /**
   * Does the work while this process holds the name, and again whenever it comes to hold it, until `signal` aborts.
   * `held` aborts with the signal, and when the name was lost: somebody else may do the work from then on, so it ends
   * what it has begun and begins nothing more. Resolves when the work has ended for good. An error of the work is
   * thrown on only where there is nobody else to do it.
   */
  whileHeld(name: string, work: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** The leases of a process that is alone: it holds everything. */
export const ownLeases: Leases = {
  whileHeld: (_, work, signal) => work(signal),
};
