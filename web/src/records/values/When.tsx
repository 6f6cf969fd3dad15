import { useFormats } from '../../i18n/format.js';

/** A time said relatively; the exact one, with its zone, is in the tooltip. */
export function When({ value, isDay = false }: { value: string; isDay?: boolean }) {
  const format = useFormats();
  return (
    <time dateTime={value} title={isDay ? format.day(value) : format.exact(value)}>
      {format.relative(value, isDay)}
    </time>
  );
}
