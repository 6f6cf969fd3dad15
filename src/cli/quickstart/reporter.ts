/** Tells a person at a terminal, or a log file, what the start is doing. */
export class Reporter {
  private readonly isTerminal = process.stdout.isTTY;
  private open = '';

  async step<T>(label: string, work: (progress: (text: string) => void) => Promise<T>): Promise<T> {
    const begun = Date.now();
    this.begin(label);
    try {
      const result = await work((text) => {
        this.progress(label, text);
      });
      this.end(label, `${((Date.now() - begun) / 1000).toFixed(1)} s`);
      return result;
    } catch (error) {
      this.end(label, 'failed');
      throw error;
    }
  }

  line(text = ''): void {
    if (this.open !== '') process.stdout.write('\n');
    this.open = '';
    process.stdout.write(`${text}\n`);
  }

  private begin(label: string): void {
    process.stdout.write(`  ${label} … `);
    this.open = label;
  }

  /** On a terminal the line is rewritten; in a log file every progress line would be noise. */
  private progress(label: string, text: string): void {
    if (this.isTerminal) process.stdout.write(`\r\x1b[2K  ${label} … ${text}`);
  }

  private end(label: string, text: string): void {
    if (this.isTerminal) process.stdout.write(`\r\x1b[2K  ${label} … ${text}\n`);
    else process.stdout.write(this.open === '' ? `  ${label} … ${text}\n` : `${text}\n`);
    this.open = '';
  }
}
