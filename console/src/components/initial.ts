/** The first letter of a name for a picture; an emoji of several code units stays whole. */
export function initialOf(name: string): string {
  return [...name][0] ?? '';
}
