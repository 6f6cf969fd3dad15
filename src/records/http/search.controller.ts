import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { findRecordType } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { textsOf } from '../query/list-query.js';
import { QueryProblems } from '../query/query-problems.js';
import type { SearchHit } from '../search/describe-hits.js';
import { GlobalSearch } from '../search/global-search.service.js';
import { maxSearchLength } from '../search/search-terms.js';
import { SearchAnswerDto } from './search.dto.js';

const maxHits = 50;

@ApiTags('search')
@Controller('api/v1/search')
export class SearchController {
  constructor(private readonly globalSearch: GlobalSearch) {}

  @Get()
  @ApiOperation({ operationId: 'search', summary: 'Records of all types, best first' })
  @ApiQuery({ name: 'q', type: String, description: 'at least two characters' })
  @ApiQuery({ name: 'types', required: false, type: String, description: 'names, separated by commas' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: `1 to ${String(maxHits)}` })
  @ApiResponse({ status: 200, type: SearchAnswerDto })
  async search(
    @Ctx() ctx: RequestContext,
    @Query() raw: Record<string, unknown>,
  ): Promise<{ data: SearchHit[] }> {
    const problems = new QueryProblems();
    const { q = '', types, limit = '20' } = textsOf(raw, ['q', 'types', 'limit'], problems);
    const length = Array.from(q.trim()).length;
    if (length < 2 || q.length > maxSearchLength || q.includes('\0'))
      problems.add('q', `must be a text of 2 to ${String(maxSearchLength)} characters`);
    if (!/^\d{1,2}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxHits)
      problems.add('limit', `must be a whole number from 1 to ${String(maxHits)}`);
    const named = types?.split(',').flatMap((name) => typeOf(name, problems));
    problems.throwIfAny();
    const query = { q, limit: Number(limit), ...(named ? { types: [...new Set(named)] } : {}) };
    return { data: await this.globalSearch.search(ctx, query) };
  }
}

function typeOf(name: string, problems: QueryProblems): RecordTypeMeta[] {
  const type = findRecordType(name);
  if (!type) problems.add('types', `${JSON.stringify(name.slice(0, 100))} is not a record type`);
  return type ? [type] : [];
}
