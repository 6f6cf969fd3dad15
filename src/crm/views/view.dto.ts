import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';

const filter: ApiPropertyOptions = {
  type: 'object',
  additionalProperties: true,
  nullable: true,
  description: 'a filter as lists take it',
};
const sharedWith: ApiPropertyOptions = {
  description: '`nobody`, `everyone` or keys of roles',
  oneOf: [
    { type: 'string', enum: ['nobody', 'everyone'] },
    { type: 'array', items: { type: 'string' } },
  ],
};
const layout: ApiPropertyOptions = { enum: ['table', 'board'] };

export class ViewPatchDto {
  @ApiPropertyOptional({ maxLength: 80 }) name?: string;
  @ApiPropertyOptional(filter) filter?: object | null;
  @ApiPropertyOptional({ type: String, nullable: true }) sort?: string | null;
  @ApiPropertyOptional({ type: [String], description: 'paths of fields' }) columns?: string[];
  @ApiPropertyOptional(layout) layout?: string;
  @ApiPropertyOptional(sharedWith) sharedWith?: unknown;
  @ApiPropertyOptional({ description: 'the caller’s default of this type' }) isDefault?: boolean;
  @ApiPropertyOptional() position?: number;
}
export class NewViewDto extends ViewPatchDto {
  @ApiProperty() type!: string;
}

class ViewOwnerDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) name!: string | null;
}
class ViewProblemDto {
  @ApiProperty() path!: string;
  @ApiProperty() message!: string;
}
export class ViewDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() type!: string;
  @ApiProperty() name!: string;
  @ApiProperty(filter) filter!: object | null;
  @ApiProperty({ type: String, nullable: true }) sort!: string | null;
  @ApiProperty({ type: [String] }) columns!: string[];
  @ApiProperty(layout) layout!: string;
  @ApiProperty(sharedWith) sharedWith!: unknown;
  @ApiProperty() isDefault!: boolean;
  @ApiProperty() isOwn!: boolean;
  @ApiProperty({ type: ViewOwnerDto }) owner!: ViewOwnerDto;
  @ApiProperty() position!: number;
  @ApiProperty() version!: number;
  @ApiProperty({ description: 'names fields that are gone, or that the caller may not see' })
  broken!: boolean;
  @ApiProperty({ type: [ViewProblemDto], description: 'for its owner' }) problems!: ViewProblemDto[];
}
export class ViewsDto {
  @ApiProperty({ type: [ViewDto] }) data!: ViewDto[];
}
