import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type SubmitEvent } from 'react';
import { useNavigate } from 'react-router';
import { request } from '../../api/http.js';
import { asText, type CrmRecord, type RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { CurrencySelect } from '../../records/form/CurrencySelect.js';
import { ReferenceInput } from '../../records/form/ReferenceInput.js';
import { titleOf } from '../../records/title.js';
import { toast } from '../../shell/toast-list.js';
import { conversionBody, type ConversionChoice } from './conversion.js';

interface Match {
  id: string;
  title: string;
}
interface Converted {
  accountId: string | null;
  contactId: string;
  dealId: string | null;
}
interface Props {
  type: RecordType;
  record: CrmRecord;
  onClose: () => void;
}

/** Accounts and contacts that the lead may already be. */
function useMatches(leadId: string) {
  const { data } = useQuery({
    queryKey: ['lead-matches', leadId],
    queryFn: async ({ signal }) =>
      (await request<{ accounts: Match[]; contacts: Match[] }>(`/leads/${leadId}/convert`, { signal })).body,
    retry: false,
  });
  return data ?? { accounts: [], contacts: [] };
}

function useConversion({ record, type, onClose }: Props, choice: ConversionChoice) {
  const { t } = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [failure, setFailure] = useState<string | null>(null);
  const convert = async (event: SubmitEvent) => {
    event.preventDefault();
    setFailure(null);
    try {
      const options = { method: 'POST', body: conversionBody(choice) } as const;
      const { body } = await request<Converted>(`/leads/${record.id}/convert`, options);
      await client.invalidateQueries();
      toast(t('convert.done', { name: titleOf(type, record) }));
      onClose();
      void navigate(body.dealId ? `/deals/${body.dealId}` : `/contacts/${body.contactId}`);
    } catch (error) {
      setFailure(problemText(error, t));
    }
  };
  return { failure, convert };
}

interface PartProps {
  choice: ConversionChoice;
  set: (change: Partial<ConversionChoice>) => void;
  matches: Match[];
}

function AccountPart({ choice, set, matches, company }: PartProps & { company: string }) {
  const { t } = useTexts();
  const options = [
    ['new', company ? t('convert.accountNamed', { name: company }) : ''],
    ['existing', t('convert.accountOld')],
    ['none', t('convert.accountNone')],
  ] as const;
  return (
    <fieldset className="form-group">
      <legend>{t('convert.account')}</legend>
      {options
        .filter(([, label]) => label !== '')
        .map(([value, label]) => (
          <label key={value} className="check">
            <input
              type="radio"
              name="account"
              checked={choice.account === value}
              onChange={() => {
                set({ account: value, accountId: matches[0]?.id ?? null });
              }}
            />
            {label}
          </label>
        ))}
      {choice.account === 'existing' && (
        <ReferenceInput
          target="account"
          label={t('convert.which')}
          value={choice.accountId}
          title={matches.find(({ id }) => id === choice.accountId)?.title}
          onChange={(accountId) => {
            set({ accountId });
          }}
        />
      )}
    </fieldset>
  );
}

function ContactPart({ choice, set, matches, name }: PartProps & { name: string }) {
  const { t } = useTexts();
  return (
    <fieldset className="form-group">
      <legend>{t('convert.contact')}</legend>
      <label className="check">
        <input
          type="radio"
          name="contact"
          checked={choice.contactId === null}
          onChange={() => {
            set({ contactId: null });
          }}
        />
        {t('convert.contactNew', { name })}
      </label>
      {matches.map(({ id, title }) => (
        <label key={id} className="check">
          <input
            type="radio"
            name="contact"
            checked={choice.contactId === id}
            onChange={() => {
              set({ contactId: id });
            }}
          />
          {t('convert.contactOld', { name: title })}
        </label>
      ))}
    </fieldset>
  );
}

function DealPart({ choice, set }: Omit<PartProps, 'matches'>) {
  const { t } = useTexts();
  const id = useId();
  return (
    <fieldset className="form-group">
      <label className="check">
        <input
          type="checkbox"
          checked={choice.hasDeal}
          onChange={(event) => {
            set({ hasDeal: event.target.checked });
          }}
        />
        {t('convert.deal')}
      </label>
      {choice.hasDeal && (
        <div className="form-grid">
          <div className="field">
            <label htmlFor={`${id}-name`}>{t('fields.any.name')}</label>
            <input
              id={`${id}-name`}
              className="input"
              required
              maxLength={200}
              value={choice.dealName}
              onChange={(event) => {
                set({ dealName: event.target.value });
              }}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-amount`}>{t('fields.any.amount')}</label>
            <div className="row">
              <input
                id={`${id}-amount`}
                className="input number"
                inputMode="decimal"
                value={choice.amount}
                onChange={(event) => {
                  set({ amount: event.target.value });
                }}
              />
              <CurrencySelect
                value={choice.currency}
                onChange={(currency) => {
                  set({ currency });
                }}
              />
            </div>
          </div>
        </div>
      )}
    </fieldset>
  );
}

/** Makes an account, a contact and, where wanted, a deal of a lead; what is known already is offered, not doubled. */
export default function ConvertDialog(props: Props) {
  const { type, record, onClose } = props;
  const { t } = useTexts();
  const formId = useId();
  const name = titleOf(type, record);
  const company = asText(record['company']);
  const matches = useMatches(record.id);
  const [choice, setChoice] = useState<ConversionChoice>({
    account: company ? 'new' : 'none',
    accountId: null,
    contactId: null,
    hasDeal: true,
    dealName: company || name,
    amount: '',
    currency: 'USD',
  });
  const set = (change: Partial<ConversionChoice>) => {
    setChoice((now) => ({ ...now, ...change }));
  };
  const { failure, convert } = useConversion(props, choice);
  const isComplete = choice.account !== 'existing' || choice.accountId !== null;
  return (
    <Dialog title={t('convert.title', { name })} onClose={onClose}>
      <form className="dialog-body stack" id={formId} onSubmit={(event) => void convert(event)}>
        {failure && (
          <p className="notice bad" role="alert">
            {failure}
          </p>
        )}
        {matches.accounts.length > 0 && (
          <p className="notice">
            {t('convert.alike', { names: matches.accounts.map(({ title }) => title).join(', ') })}
          </p>
        )}
        <AccountPart choice={choice} set={set} matches={matches.accounts} company={company} />
        <ContactPart choice={choice} set={set} matches={matches.contacts} name={name} />
        <DealPart choice={choice} set={set} />
      </form>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button type="submit" form={formId} look="primary" disabled={!isComplete}>
          {t('convert.action')}
        </Button>
      </footer>
    </Dialog>
  );
}
