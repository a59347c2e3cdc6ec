/**
 * The three inner loops in which all training time goes, as a WebAssembly module of a few hundred bytes that is put together here: eight
 * numbers a step (SIMD) in place of one. JavaScript has no such instructions, and a native library would have to be compiled. The
 * order of additions is fixed, so that every machine computes the same.
 *
 * A matrix lies in rows of `rowBytes` bytes, a multiple of 32; a place is a byte address in `memory`.
 */
export interface RowKernels {
  readonly memory: WebAssembly.Memory;
  /** out += Σ value × row, over the rows that `indices` (32-bit, up to the address `end`) names. */
  addRows(indices: number, values: number, end: number, weights: number, rowBytes: number, out: number): void;
  /** Each row that `indices` names -= step × value × errors. */
  descendRows(
    indices: number,
    values: number,
    end: number,
    weights: number,
    rowBytes: number,
    errors: number,
    step: number,
  ): void;
  /** As `descendRows`, and before it blame[index] = row · errors. */
  blameRows(
    indices: number,
    values: number,
    end: number,
    weights: number,
    rowBytes: number,
    errors: number,
    step: number,
    blame: number,
  ): void;
}

const pageBytes = 65_536;

/** @param bytes how much memory the kernels shall have at least */
export function createRowKernels(bytes: number): RowKernels {
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / pageBytes)) });
  const { exports } = new WebAssembly.Instance(kernelsModule(), { '': { m: memory } });
  return { memory, ...(exports as unknown as Omit<RowKernels, 'memory'>) };
}

let compiled: WebAssembly.Module | undefined;

function kernelsModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(assemble()));
  return compiled;
}

// What follows are the codes of the WebAssembly specification, section "Binary Format".
const [i32, f32, v128] = [0x7f, 0x7d, 0x7b];
type Code = readonly number[];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const addInt: Code = [0x6a];
const multiplyInt: Code = [0x6c];
const loadInt: Code = [0x28, 2, 0];
const loadFloat: Code = [0x2a, 2, 0];
const storeFloat: Code = [0x38, 2, 0];
const addFloat: Code = [0x92];
const multiplyFloat: Code = [0x94];
const load = (offset: number): Code => [0xfd, 0x00, 4, offset];
const store = (offset: number): Code => [0xfd, 0x0b, 4, offset];
const splat: Code = [0xfd, 0x13];
const lane = (at: number): Code => [0xfd, 0x1f, at];
const add: Code = [0xfd, 0xe4, 0x01];
const subtract: Code = [0xfd, 0xe5, 0x01];
const multiply: Code = [0xfd, 0xe6, 0x01];
const end: Code = [0x0b];
/** Does `body` once and again while `local` is below `limit` (unsigned). */
const loop = (body: readonly Code[], local: number, limit: number): Code =>
  [[0x03, 0x40], ...body, get(local), get(limit), [0x49, 0x0d, 0], end].flat();
const advance = (local: number, bytes: number): Code => [get(local), constant(bytes), addInt, set(local)].flat();

/** Parameters, which have the same places in all three. */
const [indices, values, last, weights, rowBytes, vector, step, blame] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

interface Kernel {
  readonly name: string;
  readonly parameters: readonly number[];
  /** What is done with eight numbers of a row; `row` and `column` are addresses, `value` stands in all four lanes. */
  readonly inner: (locals: { row: number; column: number; value: number; sum: number; held: number }) => Code;
  readonly scaled: boolean;
  readonly after?: (locals: { sum: number }) => Code;
}

const halves = [0, 16];
const ints = [i32, i32, i32, i32, i32, i32];
const kernels: readonly Kernel[] = [
  {
    name: 'addRows',
    parameters: ints,
    scaled: false,
    inner: ({ row, column, value }) =>
      halves.flatMap((half) => [
        ...get(column),
        ...[get(column), load(half), get(value), get(row), load(half), multiply, add, store(half)].flat(),
      ]),
  },
  {
    name: 'descendRows',
    parameters: [...ints, f32],
    scaled: true,
    inner: ({ row, column, value }) =>
      halves.flatMap((half) => [
        ...get(row),
        ...[get(row), load(half), get(value), get(column), load(half), multiply, subtract, store(half)].flat(),
      ]),
  },
  {
    name: 'blameRows',
    parameters: [...ints, f32, i32],
    scaled: true,
    inner: ({ row, column, value, sum, held }) =>
      halves.flatMap((half) => [
        ...[get(row), load(half), set(held)].flat(),
        ...[get(sum), get(held), get(column), load(half), multiply, add, set(sum)].flat(),
        ...[get(row), get(held), get(value), get(column), load(half), multiply, subtract, store(half)].flat(),
      ]),
    after: ({ sum }) =>
      [
        ...[get(blame), get(indices), loadInt, constant(4), multiplyInt, addInt],
        ...[get(sum), lane(0), get(sum), lane(1), addFloat, get(sum), lane(2), addFloat, get(sum), lane(3), addFloat],
        storeFloat,
      ].flat(),
  },
];

function bodyOf({ parameters, inner, scaled, after }: Kernel): Code {
  const first = parameters.length;
  const [row, column, limit, value, sum, held] = [first, first + 1, first + 2, first + 3, first + 4, first + 5];
  const locals = [2, 3, i32, 3, v128];
  const factorOf = scaled ? [get(values), loadFloat, get(step), multiplyFloat] : [get(values), loadFloat];
  const perRow: Code[] = [
    [...factorOf, splat, set(value)].flat(),
    [0xfd, 0x0c, ...new Array<number>(16).fill(0), ...set(sum)],
    [get(weights), get(indices), loadInt, get(rowBytes), multiplyInt, addInt, set(row)].flat(),
    [get(vector), set(column), get(vector), get(rowBytes), addInt, set(limit)].flat(),
    loop([inner({ row, column, value, sum, held }), advance(row, 32), advance(column, 32)], column, limit),
    after?.({ sum }) ?? [],
    advance(indices, 4),
    advance(values, 4),
  ];
  const none = [get(indices), get(last), [0x4f, 0x04, 0x40, 0x0f, 0x0b]].flat();
  const code = [...locals, ...none, ...loop(perRow, indices, last), ...end];
  return [...unsigned(code.length), ...code];
}

function assemble(): number[] {
  const section = (id: number, entries: readonly Code[]) => {
    const content = [...unsigned(entries.length), ...entries.flat()];
    return [id, ...unsigned(content.length), ...content];
  };
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      kernels.map(({ parameters }) => [0x60, parameters.length, ...parameters, 0]),
    ),
    ...section(2, [[...name(''), ...name('m'), 0x02, 0x00, 0x01]]),
    ...section(
      3,
      kernels.map((_, at) => [at]),
    ),
    ...section(
      7,
      kernels.map((kernel, at) => [...name(kernel.name), 0x00, at]),
    ),
    ...section(10, kernels.map(bodyOf)),
  ];
}

/** LEB128 */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
