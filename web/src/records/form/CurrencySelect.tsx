import { useTexts } from '../../i18n/texts.js';

const currencies = ['USD', 'EUR', 'GBP', 'CHF', 'JPY', 'CAD', 'AUD', 'SEK', 'PLN'];

interface Props {
  value: string;
  onChange: (currency: string) => void;
}

/** The currencies that every form offers; one that a record has already stays on offer. */
export function CurrencySelect({ value, onChange }: Props) {
  const { t } = useTexts();
  const offered = currencies.includes(value) ? currencies : [value, ...currencies];
  return (
    <select
      className="input currency"
      aria-label={t('form.currency')}
      value={value}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    >
      {offered.map((currency) => (
        <option key={currency}>{currency}</option>
      ))}
    </select>
  );
}
