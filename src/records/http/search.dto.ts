import { ApiProperty } from '@nestjs/swagger';

class SearchMatchDto {
  @ApiProperty({ description: 'path of the field' }) field!: string;
  @ApiProperty() snippet!: string;
}
class SearchHitDto {
  @ApiProperty() type!: string;
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) title!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'tells records of one title apart' })
  subtitle!: string | null;
  @ApiProperty({
    type: SearchMatchDto,
    nullable: true,
    description: 'where the title does not show why the record was found',
  })
  matched!: SearchMatchDto | null;
  @ApiProperty({ minimum: 0, maximum: 1 }) rank!: number;
}

/** The shape of an answer of the search, for the API document. */
export class SearchAnswerDto {
  @ApiProperty({ type: [SearchHitDto] }) data!: SearchHitDto[];
}
