import { Index, MetricKind, ScalarKind } from 'usearch';

const vectorsOfPage = 1_024;

/** Vectors of passages by number, and those nearest to one: a graph of neighbours (HNSW) finds them without looking at all. */
export class VectorSpace {
  readonly dimensions: number;
  readonly #graph: Index;
  /** In pages, as a hundred thousand small arrays would keep the garbage collector busy. */
  readonly #pages: Float32Array[] = [];
  readonly #has: boolean[] = [];

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#graph = new Index({
      dimensions,
      metric: MetricKind.IP,
      quantization: ScalarKind.F16,
      connectivity: 16,
      expansion_add: 64,
      expansion_search: 48,
      multi: false,
    });
  }

  /** About as much as both copies of the vectors and the links take. */
  get bytes(): number {
    return this.#graph.size() * (this.dimensions * 6 + 2 * 16 * 4 * 1.1);
  }

  has(passage: number): boolean {
    return this.#has[passage] === true;
  }

  vectorOf(passage: number): Float32Array | undefined {
    if (!this.has(passage)) return undefined;
    const from = (passage % vectorsOfPage) * this.dimensions;
    return this.#pages[Math.floor(passage / vectorsOfPage)]?.subarray(from, from + this.dimensions);
  }

  *numbers(): Generator<number> {
    for (const [number, has] of this.#has.entries()) if (has) yield number;
  }

  /** @param vector of length 1 */
  set(passage: number, vector: Float32Array): void {
    this.delete(passage);
    while (this.#has.length <= passage) this.#has.push(false);
    this.#has[passage] = true;
    const page = Math.floor(passage / vectorsOfPage);
    while (this.#pages.length <= page) this.#pages.push(new Float32Array(0));
    if (this.#pages[page]?.length === 0) this.#pages[page] = new Float32Array(vectorsOfPage * this.dimensions);
    this.#pages[page]?.set(vector, (passage % vectorsOfPage) * this.dimensions);
    this.#graph.add(BigInt(passage), vector, 1);
  }

  delete(passage: number): void {
    if (!this.has(passage)) return;
    this.#has[passage] = false;
    this.#graph.remove(BigInt(passage));
  }

  /** @returns numbers of passages, nearest first */
  nearest(vector: Float32Array, count: number): number[] {
    if (this.#graph.size() === 0) return [];
    const { keys } = this.#graph.search(vector, Math.min(count, this.#graph.size()), 1);
    return Array.from(keys, Number).filter((passage) => this.has(passage));
  }

  /** Cosine, what points away counting as nothing: 0 … 1. */
  likeness(passage: number, vector: Float32Array): number {
    if (!this.has(passage)) return 0;
    const vectors = this.#pages[Math.floor(passage / vectorsOfPage)] as Float32Array;
    const from = (passage % vectorsOfPage) * this.dimensions;
    let dot = 0;
    for (let at = 0; at < vector.length; at++) dot += (vector[at] as number) * (vectors[from + at] as number);
    return Math.min(1, Math.max(0, dot));
  }
}
