const codes: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
const digitsByCode = new Map<string, number>();

/** Whether ISO 4217 knows the code. */
export function isCurrency(code: string): boolean {
  return codes.has(code);
}

/** Digits after the point that ISO 4217 gives a currency: USD 2, JPY 0, KWD 3. */
export function currencyDigits(code: string): number {
  const known = digitsByCode.get(code);
  if (known !== undefined) return known;
  const { maximumFractionDigits } = isCurrency(code)
    ? new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
    : { maximumFractionDigits: 2 };
  digitsByCode.set(code, maximumFractionDigits ?? 2);
  return maximumFractionDigits ?? 2;
}
