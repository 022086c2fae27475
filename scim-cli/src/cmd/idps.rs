//! `scim idps`: which identity providers can be played, and what each sends, with the evidence for it.

use clap::{Args, Subcommand, ValueEnum, builder::PossibleValuesParser};
use scim_testkit::idp::{
    Dialect, Grade,
    evidence::{self, Exchange, Fixture, SCENES, Scene, Silence},
};
use serde_json::{Value, json};

use super::{pretty, print};
use crate::{
    args::idp_names,
    exit::{Exit, Stop},
    table::Table,
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct IdpsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<IdpsCommand>,

    /// Form of the list
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Form,
}

#[derive(Subcommand)]
pub(crate) enum IdpsCommand {
    /// Show every request of an identity provider, with source, date and grade
    Show(ShowArgs),
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Identity provider
    #[arg(value_name = "IDP", value_parser = PossibleValuesParser::new(idp_names()), hide_possible_values = true)]
    pub(crate) idp: String,

    /// Scene to show, repeatable; default all
    #[arg(
        long,
        value_name = "SCENE",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(SCENES.iter().map(|scene| scene.name)),
        hide_possible_values = true
    )]
    pub(crate) scene: Vec<String>,

    /// Form of what is shown
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Text for a person
    Human,
    /// JSON for a program
    Json,
}

pub(crate) fn run(args: &IdpsArgs) -> Result<Exit, Stop> {
    let text = match &args.command {
        Some(IdpsCommand::Show(args)) => shown(args)?,
        None if args.format == Form::Json => {
            pretty(&json!({ "schema_version": 1, "idps": Dialect::ALL.map(summary) }))
        }
        None => list(),
    };
    print(&text)?;
    Ok(Exit::Success)
}

fn list() -> String {
    let heads = ["ID", "PROVIDER", "DEFAULT", "DOCUMENTED", "OBSERVED", "INFERRED"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for dialect in Dialect::ALL {
        let mut row = vec![dialect.id().to_owned(), dialect.title().to_owned()];
        row.push(if dialect.is_default() { "yes" } else { "-" }.to_owned());
        row.extend(counts(dialect).map(|(_, count)| count.to_string()));
        rows.push(row);
    }
    let table = Table::fitting(&rows, None);
    let lines: Vec<String> = rows.iter().map(|row| table.line(row)).collect();
    format!("{}\n", lines.join("\n"))
}

/// How many sequences of a dialect are known how well.
fn counts(dialect: Dialect) -> [(Grade, usize); 3] {
    let known = |grade| {
        SCENES
            .iter()
            .filter_map(|scene| evidence::of(dialect, scene.name))
            .filter(|it| it.grade == grade)
            .count()
    };
    Grade::ALL.map(|grade| (grade, known(grade)))
}

fn shown(args: &ShowArgs) -> Result<String, Stop> {
    let dialect = Dialect::from_id(&args.idp)
        .ok_or_else(|| Stop::usage(format!("no identity provider {}; `scim idps` lists them", args.idp)))?;
    let wanted = |scene: &&Scene| args.scene.is_empty() || args.scene.iter().any(|name| name == scene.name);
    let scenes = SCENES.iter().filter(wanted);
    if args.format == Form::Json {
        let mut whole = json!({ "schema_version": 1, "idp": summary(dialect) });
        whole["scenes"] = scenes
            .clone()
            .filter_map(|scene| Some(scene_json(scene, evidence::of(dialect, scene.name)?)))
            .collect();
        let silences = scenes.filter_map(|scene| Some((scene, evidence::silence(dialect, scene.name)?)));
        whole["silent"] = silences.map(|(scene, silence)| silence_json(scene, silence)).collect();
        whole["retries"] = retries_json(dialect);
        return Ok(pretty(&whole));
    }
    let mut text = format!("# {}: {}\n", dialect.id(), dialect.title());
    if args.scene.is_empty() {
        about(&mut text, dialect);
    }
    for scene in scenes {
        match (evidence::of(dialect, scene.name), evidence::silence(dialect, scene.name)) {
            (Some(fixture), _) => scene_text(&mut text, dialect, scene, fixture),
            (None, Some(silence)) => silence_text(&mut text, scene, silence),
            (None, None) => {}
        }
    }
    Ok(text)
}

fn about(text: &mut String, dialect: Dialect) {
    let mut line = |name: &str, value: &str| text.push_str(&format!("# {name}: {value}\n"));
    for alias in dialect.aliases() {
        line("also called", alias);
    }
    if let Some(base) = dialect.base() {
        line("variant of", base.id());
    }
    line("played by default", if dialect.is_default() { "yes" } else { "no" });
    line("looks for accounts by", dialect.matches_by());
    for source in dialect.sources() {
        line("see", source);
    }
    if let Some(seconds) = dialect.retries().patience {
        line("waits for an answer", &format!("{seconds} s"));
    }
    for rule in dialect.retries().rules {
        line(
            &format!("on {}", rule.trouble.as_str()),
            &format!("{} ({}: {})", rule.note, rule.grade, rule.source),
        );
    }
}

/// A scene as an HTTP file, in which `###` begins a request for editors that can send it.
fn scene_text(text: &mut String, dialect: Dialect, scene: &Scene, fixture: &Fixture) {
    text.push_str(&format!("\n### {}: {}\n", scene.name, scene.title));
    if fixture.dialect != dialect {
        text.push_str(&format!("# as: {}\n", fixture.dialect));
    }
    text.push_str(&format!(
        "# source: {}\n# date: {}\n# grade: {}\n",
        fixture.source, fixture.date, fixture.grade
    ));
    for note in &fixture.notes {
        text.push_str(&format!("# note: {note}\n"));
    }
    for (place, exchange) in fixture.exchanges.iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { "\n---\n" });
        if exchange.grade != fixture.grade {
            text.push_str(&format!("# grade of this request: {}\n", exchange.grade));
        }
        text.push_str(&format!("{}\n", exchange.request));
        for header in &exchange.headers {
            text.push_str(&format!("{header}\n"));
        }
        if let Some(body) = &exchange.body {
            text.push_str(&format!("\n{body}\n"));
        }
        text.push_str(&format!("\n<<< {}\n", exchange.status));
        if !exchange.answer.is_empty() {
            text.push_str(&format!("{}\n", exchange.answer));
        }
    }
}

fn silence_text(text: &mut String, scene: &Scene, silence: &Silence) {
    text.push_str(&format!(
        "\n### {}: {}\n# source: {}\n# grade: {}\n# sends nothing: {}\n",
        scene.name, scene.title, silence.source, silence.grade, silence.note
    ));
}

fn summary(dialect: Dialect) -> Value {
    let mut sequences = json!({});
    for (grade, count) in counts(dialect) {
        sequences[grade.as_str()] = json!(count);
    }
    json!({
        "id": dialect.id(),
        "aliases": dialect.aliases(),
        "title": dialect.title(),
        "variant_of": dialect.base().map(Dialect::id),
        "default": dialect.is_default(),
        "matches_by": dialect.matches_by(),
        "see": dialect.sources(),
        "sequences": sequences,
    })
}

fn scene_json(scene: &Scene, fixture: &Fixture) -> Value {
    let exchange = |exchange: &Exchange| {
        json!({
            "grade": exchange.grade.as_str(),
            "request": exchange.request,
            "headers": exchange.headers,
            "body": exchange.body,
            "status": exchange.status,
            "answer": exchange.answer,
        })
    };
    json!({
        "scene": scene.name,
        "title": scene.title,
        "as": fixture.dialect.id(),
        "source": fixture.source,
        "date": fixture.date,
        "grade": fixture.grade.as_str(),
        "notes": fixture.notes,
        "exchanges": fixture.exchanges.iter().map(exchange).collect::<Value>(),
    })
}

fn silence_json(scene: &Scene, silence: &Silence) -> Value {
    json!({
        "scene": scene.name,
        "title": scene.title,
        "source": silence.source,
        "grade": silence.grade.as_str(),
        "note": silence.note,
    })
}

fn retries_json(dialect: Dialect) -> Value {
    let rules = dialect.retries().rules.iter();
    rules
        .map(|rule| {
            json!({
                "on": rule.trouble.as_str(),
                "note": rule.note,
                "grade": rule.grade.as_str(),
                "source": rule.source,
            })
        })
        .collect()
}

pub(crate) const IDPS_HELP: &str = "\
Examples:
  scim idps                                    which can be played, and how well each is known
  scim idps show okta                          every request, with source, date and grade
  scim idps show entra --scene remove-members
  scim idps show okta --format json | jq '.scenes[] | select(.grade == \"inferred\") | .scene'

Grades: documented, the provider's documents say so; observed, a captured request shows it;
inferred, concluded from those. --idp of `scim test` takes the ids.

Exit codes:
  0  the list or the requests are on standard output
  2  there is no such identity provider or scene";
