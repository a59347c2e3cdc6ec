import { Index, MetricKind, ScalarKind } from 'usearch';

/** Vectors of passages by number, and those nearest to one: a graph of neighbours (HNSW) finds them without looking at all. */
export class VectorSpace {
  readonly dimensions: number;
  readonly #graph: Index;
  readonly #vectors: (Float32Array | undefined)[] = [];

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
    return this.#vectors[passage] !== undefined;
  }

  vectorOf(passage: number): Float32Array | undefined {
    return this.#vectors[passage];
  }

  *numbers(): Generator<number> {
    for (const [number, vector] of this.#vectors.entries()) if (vector !== undefined) yield number;
  }

  /** @param vector of length 1 */
  set(passage: number, vector: Float32Array): void {
    this.delete(passage);
    this.#vectors[passage] = vector;
    this.#graph.add(BigInt(passage), vector, 1);
  }

  delete(passage: number): void {
    if (this.#vectors[passage] === undefined) return;
    this.#vectors[passage] = undefined;
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
    const other = this.#vectors[passage];
    if (other === undefined) return 0;
    let dot = 0;
    for (let at = 0; at < vector.length; at++) dot += (vector[at] as number) * (other[at] as number);
    return Math.min(1, Math.max(0, dot));
  }
}
