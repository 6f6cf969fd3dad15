import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { useTypeName } from './use-type-name.js';
import type { CloudStatus, FieldTreatment, Policy } from './cloud-api.js';

interface Row {
  type: string;
  published: number | undefined;
  withheld: number | undefined;
  fields: FieldTreatment | undefined;
}

function rowsOf(status: CloudStatus, policy: Policy | null): Row[] {
  const byType = new Map(policy?.types?.map((each) => [each.type, each]));
  const counted = status.types ?? [];
  const names = counted.length > 0 ? counted.map((each) => each.type) : [...byType.keys()];
  return names.map((type) => {
    const count = counted.find((each) => each.type === type);
    const rule = byType.get(type);
    return {
      type,
      published: count?.published ?? rule?.included,
      withheld: count?.withheld ?? rule?.withheld,
      fields: rule?.fields,
    };
  });
}

function Fields({ names, tone }: { names: string[]; tone: string }) {
  return (
    <span className="field-list">
      {names.map((name) => (
        <span key={name} className={`badge ${tone}`}>
          {name}
        </span>
      ))}
      {names.length === 0 && <span className="muted">–</span>}
    </span>
  );
}

/** Those that go, but not as they are. */
function changedFields(fields: FieldTreatment | undefined): string[] {
  return [...(fields?.masked ?? []), ...(fields?.pseudonymised ?? []), ...(fields?.generalised ?? [])];
}

/** In numbers and words: what went, what stayed home, which fields were left out or masked. */
export function TypeTable({ status, policy }: { status: CloudStatus; policy: Policy | null }) {
  const { t } = useTexts();
  const format = useFormats();
  const typeName = useTypeName();
  const rows = rowsOf(status, policy);
  const number = (value: number | undefined) => (value === undefined ? '–' : format.number(value));
  return (
    <section className="card cloud-types">
      <h2 className="panel-pad">{t('cloud.what')}</h2>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={t('cloud.what')}>
        <table className="table type-table">
          <colgroup>
            <col className="col-type" />
            <col className="col-number" />
            <col className="col-number" />
            <col />
            <col />
            <col className="col-number" />
          </colgroup>
          <thead>
            <tr>
              <th>{t('cloud.type')}</th>
              <th className="number">{t('cloud.went')}</th>
              <th className="number">{t('cloud.stayed')}</th>
              <th>{t('cloud.omitted')}</th>
              <th>{t('cloud.masked')}</th>
              <th className="number">{t('cloud.includedFields')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.type}>
                <th scope="row">{typeName(row.type)}</th>
                <td className="number">{number(row.published)}</td>
                <td className="number">{number(row.withheld)}</td>
                <td>
                  {row.fields?.included.length === 0 ? (
                    <span className="badge bad">{t('cloud.everything')}</span>
                  ) : (
                    <Fields names={row.fields?.omitted ?? []} tone="bad" />
                  )}
                </td>
                <td>
                  <Fields names={changedFields(row.fields)} tone="warn" />
                </td>
                <td className="number" title={row.fields?.included.join(', ')}>
                  {number(row.fields?.included.length)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
