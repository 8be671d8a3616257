/** The drawing of a chart, a chunk of its own: Recharts weighs more than the rest of a page. */
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { ChartProps } from "./chart";

const DASHES = ["0", "6 3", "2 3", "8 3 2 3"]; // series differ by more than their colour

export default function Drawing({ kind, points, series }: ChartProps) {
  const axes = (
    <>
      <CartesianGrid stroke="var(--line)" vertical={false} />
      <XAxis dataKey="x" stroke="var(--ink-quiet)" fontSize={12} tickLine={false} />
      <YAxis stroke="var(--ink-quiet)" fontSize={12} tickLine={false} axisLine={false} width={48} />
      <Tooltip
        contentStyle={{ background: "var(--surface)", border: "1px solid var(--line)", borderRadius: 6 }}
        cursor={{ fill: "var(--raised)" }}
      />
      {series.length > 1 && <Legend />}
    </>
  );
  return (
    <ResponsiveContainer width="100%" height="100%">
      {kind === "line" ? (
        <LineChart data={points} accessibilityLayer={false}>
          {axes}
          {series.map((item, index) => (
            <Line
              key={item.key}
              dataKey={item.key}
              name={item.label}
              stroke={`var(--series-${(index % 4) + 1})`}
              strokeDasharray={DASHES[index % 4] ?? "0"}
              strokeWidth={2}
              dot={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      ) : (
        <BarChart data={points} accessibilityLayer={false}>
          {axes}
          {series.map((item, index) => (
            <Bar
              key={item.key}
              dataKey={item.key}
              name={item.label}
              fill={`var(--series-${(index % 4) + 1})`}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      )}
    </ResponsiveContainer>
  );
}
