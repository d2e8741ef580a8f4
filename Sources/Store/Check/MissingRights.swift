package import Postgres

/// What `secondline_daemon` may do and the current role may not, such as "execute on function secondline_rules.assign(…)".
package struct MissingRights: Statement {
    package init() {}

    package static let sql: StaticString = """
        select format('usage on schema %s', n.nspname)
          from pg_catalog.pg_namespace n
         where n.nspname in ('secondline', 'secondline_rules')
           and has_schema_privilege('secondline_daemon', n.oid, 'usage') and not has_schema_privilege(n.oid, 'usage')
        union all
        select format('%s on %s.%s', p.privilege, n.nspname, c.relname)
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         cross join (values ('select'), ('insert'), ('update'), ('delete')) p (privilege)
         where n.nspname = 'secondline' and c.relkind in ('r', 'v')
           and has_table_privilege('secondline_daemon', c.oid, p.privilege)
           and not has_table_privilege(c.oid, p.privilege)
        union all
        select format('%s (%s) on %s.%s', p.privilege, a.attname, n.nspname, c.relname)
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         cross join (values ('insert'), ('update')) p (privilege)
         where n.nspname = 'secondline' and c.relkind = 'r'
           and has_column_privilege('secondline_daemon', c.oid, a.attnum, p.privilege)
           and not has_column_privilege(c.oid, a.attnum, p.privilege)
        union all
        select format('execute on function %s.%s', n.nspname, f.proname)
          from pg_catalog.pg_proc f
          join pg_catalog.pg_namespace n on n.oid = f.pronamespace
         where n.nspname in ('secondline', 'secondline_rules')
           and has_function_privilege('secondline_daemon', f.oid, 'execute')
           and not has_function_privilege(f.oid, 'execute')
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> String { try row.next() }
}
