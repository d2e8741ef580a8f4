// A new file under sql/ needs two entries here, in its place; SchemaTests fail while one is missing.
#include "CSchema.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char roles[] = {
#embed "../../sql/roles.sql" suffix(, 0)
};
static const char ledger[] = {
#embed "../../sql/ledger.sql" suffix(, 0)
};
static const char lock[] = {
#embed "../../sql/lock.sql" suffix(, 0)
};
static const char migrations_0001_department[] = {
#embed "../../sql/migrations/0001_department.sql" suffix(, 0)
};
static const char migrations_0002_ticket[] = {
#embed "../../sql/migrations/0002_ticket.sql" suffix(, 0)
};
static const char migrations_0003_message[] = {
#embed "../../sql/migrations/0003_message.sql" suffix(, 0)
};
static const char migrations_0004_delivery[] = {
#embed "../../sql/migrations/0004_delivery.sql" suffix(, 0)
};
static const char migrations_0005_workday[] = {
#embed "../../sql/migrations/0005_workday.sql" suffix(, 0)
};
static const char migrations_0006_lines[] = {
#embed "../../sql/migrations/0006_lines.sql" suffix(, 0)
};
static const char migrations_0007_routing[] = {
#embed "../../sql/migrations/0007_routing.sql" suffix(, 0)
};
static const char migrations_0008_clocks[] = {
#embed "../../sql/migrations/0008_clocks.sql" suffix(, 0)
};
static const char migrations_0009_escalation[] = {
#embed "../../sql/migrations/0009_escalation.sql" suffix(, 0)
};
static const char migrations_0010_client[] = {
#embed "../../sql/migrations/0010_client.sql" suffix(, 0)
};
static const char migrations_0011_health[] = {
#embed "../../sql/migrations/0011_health.sql" suffix(, 0)
};
static const char migrations_0012_retention[] = {
#embed "../../sql/migrations/0012_retention.sql" suffix(, 0)
};
static const char functions_10_caller[] = {
#embed "../../sql/functions/10_caller.sql" suffix(, 0)
};
static const char functions_20_calendar[] = {
#embed "../../sql/functions/20_calendar.sql" suffix(, 0)
};
static const char functions_22_business_time[] = {
#embed "../../sql/functions/22_business_time.sql" suffix(, 0)
};
static const char functions_25_words[] = {
#embed "../../sql/functions/25_words.sql" suffix(, 0)
};
static const char functions_30_load[] = {
#embed "../../sql/functions/30_load.sql" suffix(, 0)
};
static const char functions_40_eligibility[] = {
#embed "../../sql/functions/40_eligibility.sql" suffix(, 0)
};
static const char functions_45_plan[] = {
#embed "../../sql/functions/45_plan.sql" suffix(, 0)
};
static const char functions_48_regulation[] = {
#embed "../../sql/functions/48_regulation.sql" suffix(, 0)
};
static const char functions_50_ticket[] = {
#embed "../../sql/functions/50_ticket.sql" suffix(, 0)
};
static const char functions_52_client[] = {
#embed "../../sql/functions/52_client.sql" suffix(, 0)
};
static const char functions_53_estimate[] = {
#embed "../../sql/functions/53_estimate.sql" suffix(, 0)
};
static const char functions_55_message[] = {
#embed "../../sql/functions/55_message.sql" suffix(, 0)
};
static const char functions_56_escalation[] = {
#embed "../../sql/functions/56_escalation.sql" suffix(, 0)
};
static const char functions_56_target[] = {
#embed "../../sql/functions/56_target.sql" suffix(, 0)
};
static const char functions_57_suggestion[] = {
#embed "../../sql/functions/57_suggestion.sql" suffix(, 0)
};
static const char functions_58_departure[] = {
#embed "../../sql/functions/58_departure.sql" suffix(, 0)
};
static const char functions_60_workday[] = {
#embed "../../sql/functions/60_workday.sql" suffix(, 0)
};
static const char functions_62_reminder[] = {
#embed "../../sql/functions/62_reminder.sql" suffix(, 0)
};
static const char functions_63_standup[] = {
#embed "../../sql/functions/63_standup.sql" suffix(, 0)
};
static const char functions_66_alert[] = {
#embed "../../sql/functions/66_alert.sql" suffix(, 0)
};
static const char functions_67_clock[] = {
#embed "../../sql/functions/67_clock.sql" suffix(, 0)
};
static const char functions_70_assignment[] = {
#embed "../../sql/functions/70_assignment.sql" suffix(, 0)
};
static const char functions_72_workdays[] = {
#embed "../../sql/functions/72_workdays.sql" suffix(, 0)
};
static const char functions_74_escalation_rule[] = {
#embed "../../sql/functions/74_escalation_rule.sql" suffix(, 0)
};
static const char functions_75_delivery[] = {
#embed "../../sql/functions/75_delivery.sql" suffix(, 0)
};
static const char functions_77_retention[] = {
#embed "../../sql/functions/77_retention.sql" suffix(, 0)
};
static const char functions_80_audit[] = {
#embed "../../sql/functions/80_audit.sql" suffix(, 0)
};
static const char functions_82_figures[] = {
#embed "../../sql/functions/82_figures.sql" suffix(, 0)
};
static const char functions_85_health[] = {
#embed "../../sql/functions/85_health.sql" suffix(, 0)
};
static const char functions_90_setup[] = {
#embed "../../sql/functions/90_setup.sql" suffix(, 0)
};
static const char functions_91_workday[] = {
#embed "../../sql/functions/91_workday.sql" suffix(, 0)
};
static const char functions_92_ticket[] = {
#embed "../../sql/functions/92_ticket.sql" suffix(, 0)
};
static const char functions_93_message[] = {
#embed "../../sql/functions/93_message.sql" suffix(, 0)
};
static const char functions_94_escalation[] = {
#embed "../../sql/functions/94_escalation.sql" suffix(, 0)
};
static const char functions_95_clock[] = {
#embed "../../sql/functions/95_clock.sql" suffix(, 0)
};
static const char views_10_now[] = {
#embed "../../sql/views/10_now.sql" suffix(, 0)
};
static const char views_20_message[] = {
#embed "../../sql/views/20_message.sql" suffix(, 0)
};
static const char views_30_workday[] = {
#embed "../../sql/views/30_workday.sql" suffix(, 0)
};
static const char views_35_alert[] = {
#embed "../../sql/views/35_alert.sql" suffix(, 0)
};
static const char views_40_client[] = {
#embed "../../sql/views/40_client.sql" suffix(, 0)
};
static const char views_40_escalation[] = {
#embed "../../sql/views/40_escalation.sql" suffix(, 0)
};
static const char views_50_health[] = {
#embed "../../sql/views/50_health.sql" suffix(, 0)
};
static const char views_90_comments[] = {
#embed "../../sql/views/90_comments.sql" suffix(, 0)
};
static const char grants[] = {
#embed "../../sql/grants.sql" suffix(, 0)
};

static const struct secondline_sql_file files[] = {
    {"roles.sql", roles},
    {"ledger.sql", ledger},
    {"lock.sql", lock},
    {"migrations/0001_department.sql", migrations_0001_department},
    {"migrations/0002_ticket.sql", migrations_0002_ticket},
    {"migrations/0003_message.sql", migrations_0003_message},
    {"migrations/0004_delivery.sql", migrations_0004_delivery},
    {"migrations/0005_workday.sql", migrations_0005_workday},
    {"migrations/0006_lines.sql", migrations_0006_lines},
    {"migrations/0007_routing.sql", migrations_0007_routing},
    {"migrations/0008_clocks.sql", migrations_0008_clocks},
    {"migrations/0009_escalation.sql", migrations_0009_escalation},
    {"migrations/0010_client.sql", migrations_0010_client},
    {"migrations/0011_health.sql", migrations_0011_health},
    {"migrations/0012_retention.sql", migrations_0012_retention},
    {"functions/10_caller.sql", functions_10_caller},
    {"functions/20_calendar.sql", functions_20_calendar},
    {"functions/22_business_time.sql", functions_22_business_time},
    {"functions/25_words.sql", functions_25_words},
    {"functions/30_load.sql", functions_30_load},
    {"functions/40_eligibility.sql", functions_40_eligibility},
    {"functions/45_plan.sql", functions_45_plan},
    {"functions/48_regulation.sql", functions_48_regulation},
    {"functions/50_ticket.sql", functions_50_ticket},
    {"functions/52_client.sql", functions_52_client},
    {"functions/53_estimate.sql", functions_53_estimate},
    {"functions/55_message.sql", functions_55_message},
    {"functions/56_escalation.sql", functions_56_escalation},
    {"functions/56_target.sql", functions_56_target},
    {"functions/57_suggestion.sql", functions_57_suggestion},
    {"functions/58_departure.sql", functions_58_departure},
    {"functions/60_workday.sql", functions_60_workday},
    {"functions/62_reminder.sql", functions_62_reminder},
    {"functions/63_standup.sql", functions_63_standup},
    {"functions/66_alert.sql", functions_66_alert},
    {"functions/67_clock.sql", functions_67_clock},
    {"functions/70_assignment.sql", functions_70_assignment},
    {"functions/72_workdays.sql", functions_72_workdays},
    {"functions/74_escalation_rule.sql", functions_74_escalation_rule},
    {"functions/75_delivery.sql", functions_75_delivery},
    {"functions/77_retention.sql", functions_77_retention},
    {"functions/80_audit.sql", functions_80_audit},
    {"functions/82_figures.sql", functions_82_figures},
    {"functions/85_health.sql", functions_85_health},
    {"functions/90_setup.sql", functions_90_setup},
    {"functions/91_workday.sql", functions_91_workday},
    {"functions/92_ticket.sql", functions_92_ticket},
    {"functions/93_message.sql", functions_93_message},
    {"functions/94_escalation.sql", functions_94_escalation},
    {"functions/95_clock.sql", functions_95_clock},
    {"views/10_now.sql", views_10_now},
    {"views/20_message.sql", views_20_message},
    {"views/30_workday.sql", views_30_workday},
    {"views/35_alert.sql", views_35_alert},
    {"views/40_client.sql", views_40_client},
    {"views/40_escalation.sql", views_40_escalation},
    {"views/50_health.sql", views_50_health},
    {"views/90_comments.sql", views_90_comments},
    {"grants.sql", grants},
};

const size_t secondline_sql_file_count = sizeof files / sizeof *files;

struct secondline_sql_file secondline_sql_file_at(size_t index) { return files[index]; }
