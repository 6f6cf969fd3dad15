/** Table aliases that occur once in a statement. */
export class Aliases {
  private count = 0;

  next(): string {
    this.count += 1;
    return `r${String(this.count)}`;
  }
}
