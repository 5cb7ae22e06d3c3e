export type FilePart = { name: string; filename: string; contentType: string; bytes: Buffer };

/** File parts of a multipart body (RFC 7578). Parts without a filename are fields and left out. */
export function readFileParts(contentType: string, body: Buffer): FilePart[] {
  const boundary = contentType.match(/boundary=(?:"([^"]+)"|([^;]+))/i);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (!mark) return [];
  const delimiter = Buffer.from(`--${mark}`);
  const parts: FilePart[] = [];
  let start = body.indexOf(delimiter);
  while (start >= 0) {
    const from = start + delimiter.length;
    const end = body.indexOf(delimiter, from);
    if (end < 0) break;
    // Between two delimiters: CRLF, head, CRLF CRLF, bytes, CRLF.
    const part = body.subarray(from + 2, end - 2);
    const headEnd = part.indexOf('\r\n\r\n');
    const head = headEnd < 0 ? '' : part.subarray(0, headEnd).toString();
    const filename = head.match(/filename="([^"]*)"/i)?.[1];
    if (filename !== undefined) {
      parts.push({
        name: head.match(/[; ]name="([^"]*)"/i)?.[1] ?? '',
        filename,
        contentType: head.match(/content-type:\s*(\S+)/i)?.[1] ?? 'application/octet-stream',
        bytes: Buffer.from(part.subarray(headEnd + 4)),
      });
    }
    start = end;
  }
  return parts;
}
