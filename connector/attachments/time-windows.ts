const FORM = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** When files may be sent, by the clock on the connector's wall. A window may pass midnight; none means always. */
export class TimeWindows {
  private readonly windows: { from: number; to: number }[];

  /** @param texts like `22:00-06:00`, as the config has checked them */
  constructor(texts: readonly string[]) {
    this.windows = texts.map((text) => {
      const [, fromHour, fromMinute, toHour, toMinute] = FORM.exec(text) ?? [];
      if (toMinute === undefined) throw new RangeError(`not a time window: ${text}`);
      return {
        from: Number(fromHour) * 60 + Number(fromMinute),
        to: Number(toHour) * 60 + Number(toMinute),
      };
    });
  }

  isOpen(at: Date = new Date()): boolean {
    if (this.windows.length === 0) return true;
    const minute = at.getHours() * 60 + at.getMinutes();
    return this.windows.some(({ from, to }) =>
      from < to ? minute >= from && minute < to : minute >= from || minute < to,
    );
  }
}
