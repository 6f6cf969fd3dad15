import { ApiProperty } from '@nestjs/swagger';

class BoardMoneyDto {
  @ApiProperty({ example: '1054.00' }) amount!: string;
  @ApiProperty({ example: 'USD' }) currency!: string;
}

class NextActivityDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() kind!: string;
  @ApiProperty() subject!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) dueAt!: string | null;
}

class BoardRelatedDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true, description: 'null where it may not be seen' })
  title!: string | null;
}

class BoardCardDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() version!: number;
  @ApiProperty({ required: false, type: String, nullable: true }) name?: string | null;
  @ApiProperty({ required: false, type: BoardMoneyDto, nullable: true }) amount?: BoardMoneyDto | null;
  @ApiProperty({ required: false, type: Number, nullable: true }) probability?: number | null;
  @ApiProperty({ required: false, type: String, format: 'date', nullable: true }) closeDate?: string | null;
  @ApiProperty({ required: false, type: String, nullable: true }) stage?: string | null;
  @ApiProperty({ required: false, type: String, format: 'date-time', nullable: true })
  stageSince?: string | null;
  @ApiProperty({ required: false, type: String, format: 'uuid', nullable: true }) accountId?: string | null;
  @ApiProperty({ required: false, type: BoardRelatedDto, nullable: true }) account?: BoardRelatedDto | null;
  @ApiProperty({ required: false, type: String, format: 'uuid', nullable: true }) contactId?: string | null;
  @ApiProperty({ required: false, type: String, format: 'uuid', nullable: true }) ownerId?: string | null;
  @ApiProperty({ required: false, type: BoardRelatedDto, nullable: true }) owner?: BoardRelatedDto | null;
  @ApiProperty({ required: false, type: String, nullable: true }) lostReason?: string | null;
  @ApiProperty({ type: BoardMoneyDto, nullable: true, description: 'amount × probability' })
  weightedAmount!: BoardMoneyDto | null;
  @ApiProperty({ type: Number, nullable: true, description: 'whole days; null where it is not known' })
  daysInStage!: number | null;
  @ApiProperty({ type: NextActivityDto, nullable: true, description: 'the open activity that is due first' })
  nextActivity!: NextActivityDto | null;
}

class BoardColumnDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() key!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ['open', 'won', 'lost'] }) status!: string;
  @ApiProperty() probability!: number;
  @ApiProperty() count!: number;
  @ApiProperty({ description: 'there are more than `count`; sums are left out then' }) countCapped!: boolean;
  @ApiProperty({ type: [BoardMoneyDto], description: 'one per currency' }) sums!: BoardMoneyDto[];
  @ApiProperty({ type: [BoardMoneyDto], description: 'amount × probability, one per currency' })
  weighted!: BoardMoneyDto[];
  @ApiProperty({ description: '`sort` with which GET /deals continues this column' }) sort!: string;
  @ApiProperty({ type: [BoardCardDto] }) cards!: BoardCardDto[];
  @ApiProperty({
    type: String,
    nullable: true,
    description: '`cursor` for GET /deals with this pipeline and stage (and the same filter) and `sort`',
  })
  nextCursor!: string | null;
}

class BoardPipelineDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
}

/** The shape of `Board`, for the API document. */
export class BoardDto {
  @ApiProperty({ type: BoardPipelineDto }) pipeline!: BoardPipelineDto;
  @ApiProperty({ type: [BoardColumnDto] }) stages!: BoardColumnDto[];
}
