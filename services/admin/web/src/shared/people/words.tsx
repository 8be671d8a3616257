/** Texts with commands in them: what stands between back quotes is set as code. */
export function Words({ text }: { text: string }) {
  return (
    <>
      {text.split("`").map((piece, index) => (index % 2 === 1 ? <code key={index}>{piece}</code> : piece))}
    </>
  );
}
