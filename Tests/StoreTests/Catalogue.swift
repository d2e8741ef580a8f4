import Postgres

/// What a database knows about Secondline, one line an object, so that two can be compared.
struct Catalogue: Equatable {
    let lines: [String]

    init(_ session: Session) async throws {
        lines = try await session.simpleQuery(Self.sql).map { $0.map { $0 ?? "" }.joined(separator: " | ") }
    }

    /// What only one of the two has.
    func differences(from other: Catalogue) -> [String] { Set(lines).symmetricDifference(other.lines).sorted() }

    private static let sql = """
        with own as (select n.oid, n.nspname from pg_namespace n where n.nspname in ('secondline', 'secondline_rules'))
        select 'schema', nspname, pg_get_userbyid(n.nspowner), n.nspacl::text from pg_namespace n join own using (oid, nspname)
        union all
        select 'relation', c.oid::regclass::text || ' ' || c.relkind::text || ' ' || coalesce(c.reloptions::text, ''),
               pg_get_userbyid(c.relowner), c.relacl::text
          from pg_class c join own on own.oid = c.relnamespace
        union all
        select 'column', format('%s.%s %s', a.attrelid::regclass, a.attnum, a.attname),
               format('%s %s %s %s', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                      pg_get_expr(d.adbin, d.adrelid)), a.attacl::text
          from pg_attribute a join pg_class c on c.oid = a.attrelid join own on own.oid = c.relnamespace
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attnum > 0 and c.relkind in ('r', 'v') and not a.attisdropped
        union all
        select 'constraint', x.conrelid::regclass || '.' || x.conname, pg_get_constraintdef(x.oid), x.convalidated::text
          from pg_constraint x join own on own.oid = x.connamespace
        union all
        select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid::text
          from pg_index i join pg_class c on c.oid = i.indrelid join own on own.oid = c.relnamespace
        union all
        select 'view', c.oid::regclass::text, pg_get_viewdef(c.oid), ''
          from pg_class c join own on own.oid = c.relnamespace where c.relkind = 'v'
        union all
        select 'function', p.oid::regprocedure::text || ' ' || pg_get_userbyid(p.proowner), pg_get_functiondef(p.oid), p.proacl::text
          from pg_proc p join own on own.oid = p.pronamespace
        union all
        select 'trigger', t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text
          from pg_trigger t join pg_class c on c.oid = t.tgrelid join own on own.oid = c.relnamespace where not t.tgisinternal
        union all
        select 'enum', t.typname, string_agg(e.enumlabel, ',' order by e.enumsortorder), pg_get_userbyid(t.typowner)
          from pg_enum e join pg_type t on t.oid = e.enumtypid join own on own.oid = t.typnamespace group by t.typname, t.typowner
        union all
        select 'cast', format('%s as %s', c.castsource::regtype, c.casttarget::regtype), c.castcontext::text, c.castmethod::text
          from pg_cast c join pg_type t on t.oid = c.casttarget join own on own.oid = t.typnamespace
        union all
        select 'default', own.nspname, d.defaclobjtype::text, d.defaclacl::text
          from pg_default_acl d join own on own.oid = d.defaclnamespace
        union all
        select 'comment', i.identity, d.description, d.classoid::regclass::text
          from pg_description d cross join pg_identify_object(d.classoid, d.objoid, d.objsubid) i
         where i.schema in ('secondline', 'secondline_rules') or i.identity in ('secondline', 'secondline_rules')
        union all
        select 'ledger', m.name, m.checksum, '' from secondline.schema_migration m
        union all
        select 'row', d.name, '', '' from secondline.duty d
        order by 1, 2, 3
        """
}
