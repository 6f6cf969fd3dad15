import { ApiProperty } from '@nestjs/swagger';

/** The shape of `Converted`, for the API document. */
export class ConvertedDto {
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) accountId!: string | null;
  @ApiProperty({ format: 'uuid' }) contactId!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) dealId!: string | null;
}

class LeadMatchDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() title!: string;
  @ApiProperty({ enum: ['name', 'website', 'email'], description: 'what is alike' }) by!: string;
}

/** The shape of `LeadMatches`, for the API document. */
export class LeadMatchesDto {
  @ApiProperty({ type: [LeadMatchDto] }) accounts!: LeadMatchDto[];
  @ApiProperty({ type: [LeadMatchDto] }) contacts!: LeadMatchDto[];
}

const target = (what: string, forms: object[]): object => ({ description: what, oneOf: forms });
const existing = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: { id: { type: 'string', format: 'uuid' } },
};
const created = (input: string): object => ({
  type: 'object',
  required: ['create'],
  additionalProperties: false,
  properties: { create: { $ref: `#/components/schemas/${input}` } },
});

export const conversionSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    account: target('left out: a new one named after the company, if the lead has one; null: none', [
      existing,
      created('AccountInput'),
      { type: 'null' },
    ]),
    contact: target('left out: a new one of the lead’s fields', [existing, created('ContactInput')]),
    deal: target('left out or null: none', [created('DealInput'), { type: 'null' }]),
  },
};
