const shares = [0, 0.25, 0.5, 0.75, 1];

/** Lines and numbers of a picture in which shares, in per cent, stand over confidences. */
export function ShareGrid(props: {
  x: (value: number) => number;
  y: (value: number) => number;
  /** Where the numbers under the picture stand. */
  under: number;
  confidence: (value: number) => string | number;
}) {
  const { x, y, under, confidence } = props;
  return shares.map((value) => (
    <g key={value}>
      <line x1={x(0)} x2={x(1)} y1={y(value)} y2={y(value)} stroke="var(--parley-line)" strokeWidth={1} />
      <text x={x(0) - 6} y={y(value) + 4} textAnchor="end">
        {100 * value}
      </text>
      <text x={x(value)} y={under} textAnchor="middle">
        {confidence(value)}
      </text>
    </g>
  ));
}
