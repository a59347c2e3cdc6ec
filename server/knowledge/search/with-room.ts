type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** An array of at least so many numbers that begins with those of the given one: itself where it is large enough, else twice as large. */
export function withRoom<A extends Numbers>(array: A, size: number): A {
  if (array.length >= size) return array;
  const larger = new (array.constructor as new (size: number) => A)(Math.max(size, array.length * 2));
  larger.set(array as never);
  return larger;
}
