/** A sentence of the document; what stands between backticks is code. */
export function Words({ children }: { children: string }) {
  return children.split('`').map((part, at) =>
    at % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence never move.
      <code key={at} className="text-12">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
