import { withRoom } from './with-room.ts';

const pageBytes = 2 ** 20;
/** Entries of one passage at most, so that a term and a place are exact in one number. */
const mostEntries = 2 ** 22;

/** Terms of a text, each once, in any order, and how often each is there (255 at most). */
export interface CountedTerms {
  readonly terms: Int32Array;
  readonly counts: Uint8Array;
}

/** Which terms of the whole a unit has: their places there, and how often each is in the unit. */
export interface CountedPlaces {
  readonly places: Int32Array;
  readonly counts: Uint8Array;
}

/**
 * What each passage consists of, so that no text is read again when somebody searches: the terms of the whole, and which of
 * them each unit has. Kept as differences of ascending numbers of one to five bytes: 100,000 passages of 190 terms take about 60 MB.
 * What `read` gives lies in arrays that the next call uses again.
 */
export class PassageTerms {
  readonly #pages: Uint8Array[] = [];
  /** The next free byte of the last page. */
  #free = pageBytes;
  /** By number of passage. */
  #pageOf = new Int32Array(1_024);
  #offsets = new Int32Array(1_024);
  #sorted = new Float64Array(1_024);
  #ranks = new Int32Array(1_024);
  #written = new Uint8Array(4_096);
  #length = 0;
  /** Where reading is. */
  #page: Uint8Array = this.#written;
  #at = 0;
  #wholeSize = 0;

  /** Of the passage that was read: ascending, the first `size` of them. */
  terms = new Int32Array(1_024);
  counts = new Uint8Array(1_024);
  /** Of the units that were read, one after the other: places in `terms`. The unit ends before `unitEnds[unit]`. */
  unitPlaces = new Int32Array(1_024);
  unitCounts = new Uint8Array(1_024);
  unitEnds = new Int32Array(64);

  get bytes(): number {
    const pages = this.#pages.reduce((sum, page) => sum + page.byteLength, 0);
    return pages + this.#pageOf.byteLength * 2;
  }

  /** @param units of the same passage; one of a single unit is its whole */
  add(passage: number, whole: CountedTerms, units: readonly CountedPlaces[]): void {
    this.#length = 0;
    this.#writeWhole(whole);
    this.#write(units.length < 2 ? 0 : units.length);
    if (units.length > 1) for (const unit of units) this.#writeUnit(unit);
    if (pageBytes - this.#free < this.#length) {
      // One that is larger than a page has a page of its own.
      this.#pages.push(new Uint8Array(Math.max(pageBytes, this.#length)));
      this.#free = 0;
    }
    this.#pageOf = withRoom(this.#pageOf, passage + 1);
    this.#offsets = withRoom(this.#offsets, passage + 1);
    this.#pageOf[passage] = this.#pages.length - 1;
    this.#offsets[passage] = this.#free;
    this.#pages.at(-1)?.set(this.#written.subarray(0, this.#length), this.#free);
    this.#free += this.#length;
  }

  /** In ascending order of terms; where each then stands is in `#ranks`. */
  #writeWhole({ terms, counts }: CountedTerms): void {
    const size = terms.length;
    this.#sorted = withRoom(this.#sorted, size);
    this.#ranks = withRoom(this.#ranks, size);
    for (let at = 0; at < size; at++) this.#sorted[at] = (terms[at] as number) * mostEntries + at;
    this.#sorted.subarray(0, size).sort();
    this.#write(size);
    let before = -1;
    for (let rank = 0; rank < size; rank++) {
      const at = (this.#sorted[rank] as number) % mostEntries;
      const term = terms[at] as number;
      this.#ranks[at] = rank;
      this.#writeCounted(term - before - 1, counts[at] as number);
      before = term;
    }
  }

  #writeUnit({ places, counts }: CountedPlaces): void {
    const size = places.length;
    this.#sorted = withRoom(this.#sorted, size);
    for (let at = 0; at < size; at++)
      this.#sorted[at] = (this.#ranks[places[at] as number] as number) * 256 + (counts[at] as number);
    this.#sorted.subarray(0, size).sort();
    this.#write(size);
    let before = -1;
    for (let at = 0; at < size; at++) {
      const both = this.#sorted[at] as number;
      const rank = Math.floor(both / 256);
      this.#writeCounted(rank - before - 1, both % 256);
      before = rank;
    }
  }

  /** A count of one, as most are, takes a bit. */
  #writeCounted(difference: number, count: number): void {
    this.#write(difference * 2 + Number(count > 1));
    if (count > 1) this.#write(count);
  }

  /** Seven bits a byte, the lowest first; the eighth says that more follow. */
  #write(number: number): void {
    // For each number: asked here, as a call would cost more than the writing.
    if (this.#written.length < this.#length + 5) this.#written = withRoom(this.#written, this.#length + 5);
    let rest = number;
    while (rest > 127) {
      this.#written[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#written[this.#length++] = rest;
  }

  /** @returns how many terms the passage has; they are in `terms` and `counts` */
  readWhole(passage: number): number {
    this.#page = this.#pages[this.#pageOf[passage] as number] as Uint8Array;
    this.#at = this.#offsets[passage] as number;
    const size = this.#read();
    this.terms = withRoom(this.terms, size);
    this.counts = withRoom(this.counts, size);
    this.#wholeSize = size;
    this.#readCounted(size, this.terms, this.counts, 0);
    return size;
  }

  /**
   * BM25 of a passage, without keeping what was read.
   *
   * @param places by term its place in the question plus one; 0 for a term that is not asked for
   * @param weights by place
   * @param norm what is added to how often the passage has a term
   */
  bm25(passage: number, places: Uint16Array, weights: Float64Array, norm: number): number {
    const page = this.#pages[this.#pageOf[passage] as number] as Uint8Array;
    this.#page = page;
    this.#at = this.#offsets[passage] as number;
    let size = this.#read();
    let at = this.#at;
    let term = -1;
    let sum = 0;
    for (; size > 0; size--) {
      let byte = page[at++] as number;
      let value = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = page[at++] as number;
        value |= (byte & 127) << shift;
      }
      term += (value >>> 1) + 1;
      let times = 1;
      if ((value & 1) === 1) {
        times = page[at++] as number;
        if (times > 127) times = (times & 127) | ((page[at++] as number) << 7);
      }
      const place = places[term] as number;
      if (place !== 0) sum += ((weights[place - 1] as number) * times) / (times + norm);
    }
    return sum;
  }

  /** After `readWhole`. @returns how many units the passage has; they are in `unitPlaces`, `unitCounts` and `unitEnds` */
  readUnits(): number {
    const units = this.#read();
    if (units === 0) return this.#wholeAsUnit();
    this.unitEnds = withRoom(this.unitEnds, units);
    let end = 0;
    for (let unit = 0; unit < units; unit++) {
      const size = this.#read();
      this.unitPlaces = withRoom(this.unitPlaces, end + size);
      this.unitCounts = withRoom(this.unitCounts, end + size);
      this.#readCounted(size, this.unitPlaces, this.unitCounts, end);
      end += size;
      this.unitEnds[unit] = end;
    }
    return units;
  }

  #wholeAsUnit(): number {
    this.unitPlaces = withRoom(this.unitPlaces, this.#wholeSize);
    this.unitCounts = withRoom(this.unitCounts, this.#wholeSize);
    for (let at = 0; at < this.#wholeSize; at++) this.unitPlaces[at] = at;
    this.unitCounts.set(this.counts.subarray(0, this.#wholeSize));
    this.unitEnds[0] = this.#wholeSize;
    return 1;
  }

  #readCounted(size: number, numbers: Int32Array, counts: Uint8Array, from: number): void {
    const page = this.#page;
    let place = this.#at;
    let before = -1;
    for (let at = from; at < from + size; at++) {
      let byte = page[place++] as number;
      let value = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = page[place++] as number;
        value |= (byte & 127) << shift;
      }
      before += (value >>> 1) + 1;
      numbers[at] = before;
      if ((value & 1) === 0) counts[at] = 1;
      else {
        // Up to 255: two bytes at most.
        const low = page[place++] as number;
        counts[at] = low < 128 ? low : (low & 127) | ((page[place++] as number) << 7);
      }
    }
    this.#at = place;
  }

  #read(): number {
    let [number, shift] = [0, 0];
    for (;;) {
      const byte = this.#page[this.#at++] as number;
      number |= (byte & 127) << shift;
      if (byte < 128) return number;
      shift += 7;
    }
  }
}
