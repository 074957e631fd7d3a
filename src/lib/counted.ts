/** The count with the word for that many, as `1 account` and `1,200 accounts`. */
export function counted(count: number, one: string, several: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}
