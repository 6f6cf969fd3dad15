/** What the person chose in the dialogue. */
export interface ConversionChoice {
  account: 'new' | 'existing' | 'none';
  accountId: string | null;
  contactId: string | null;
  hasDeal: boolean;
  dealName: string;
  amount: string;
  currency: string;
}

/** The choice as the API takes it: what is left out is made of the lead's own fields. */
export function conversionBody(choice: ConversionChoice): object {
  const { account, accountId, contactId, hasDeal, dealName, amount, currency } = choice;
  const value = amount.trim().replace(',', '.');
  const deal = { name: dealName.trim(), ...(value ? { amount: { amount: value, currency } } : {}) };
  return {
    ...(account === 'existing' && accountId ? { account: { id: accountId } } : {}),
    ...(account === 'none' ? { account: null } : {}),
    ...(contactId ? { contact: { id: contactId } } : {}),
    ...(hasDeal ? { deal: { create: deal } } : {}),
  };
}
