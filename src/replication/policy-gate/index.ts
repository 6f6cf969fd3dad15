/**
 * Advisory lock of PostgreSQL between the policy and what is put into the bucket. The connector holds it shared from its
 * last look at the policy in force until the manifest is put; an approval takes it alone. Once a policy is reported as
 * in force, no manifest made under the one before is on its way any more.
 */
export const policyGate = 7_081_340_003;
