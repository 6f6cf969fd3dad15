import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { stayCodes, type StayReason } from '../policy/index.js';

export class OutgoingQueryDto {
  /** a version, or `proposed` for the newest that waits; left out: the one in force */
  @ApiPropertyOptional({ example: 'proposed' })
  @IsOptional()
  @Matches(/^(proposed|[1-9]\d{0,8})$/, { message: 'must be `proposed` or the number of a version' })
  policy?: string;
}

export class StayReasonDto {
  @ApiProperty({ enum: stayCodes }) code!: StayReason['code'];
  @ApiProperty({ type: String, nullable: true, description: 'of a parent: the reference or link to it' })
  through!: string | null;
  @ApiProperty() message!: string;
}

export class OutgoingRecordDto {
  @ApiProperty() type!: string;
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: Number, nullable: true, description: 'null: of a document that is not kept' })
  policyVersion!: number | null;
  @ApiProperty() leaves!: boolean;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the text of the row, byte for byte as it is sealed',
  })
  row!: string | null;
  @ApiProperty({ type: [StayReasonDto], description: 'why it stays home' })
  reasons!: readonly StayReasonDto[];
}
