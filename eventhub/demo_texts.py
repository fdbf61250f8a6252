"""What invented people of the demonstration write: applications, reviews, remarks, and what labs agreed and taught."""

#: By number of the lab of 2024: cases that cities bring.
CASES: dict[int, tuple[str, ...]] = {
    1: (
        "Residents walk through a model of their street before it is rebuilt, and mark what they would change.",
        "We asked two thousand people in six neighbourhoods about services they cannot reach on a screen.",
        "A shared map shows all works on roads and pipes; departments plan on it together.",
    ),
    2: (
        "Forty electric buses run on two lines; the depots are next to schools, and charging is at night.",
        "Collective taxis change to electric engines with a loan that drivers pay back by the kilometre.",
        "Refuse lorries were the first to change; noise at night has become half of what it was.",
    ),
    3: (
        "The roofs of twelve schools supply four hundred homes; families own shares from the price of a meal.",
        "A housing cooperative stores solar power for its lifts and its clinic.",
        "We wrote a model contract, so that tenants take part and not only owners.",
    ),
    4: (
        "Leaks took a third of our water. Sensors and repair teams of the neighbourhoods brought it down to a fifth.",
        "In the third dry year we agreed with farmers upstream on who opens which gate, and when.",
        "Parks are watered with treated water; people first had to trust it.",
    ),
    5: (
        "Libraries stay open until ten at night, with language courses and a desk for papers.",
        "Newcomers and old residents plan one square together; the budget is theirs.",
        "Sports grounds of schools are open to the neighbourhood at the weekend.",
    ),
    6: (
        "Nine municipalities share one transport authority, and have to agree on one budget.",
        "A metropolitan assembly was elected for the first time; its powers are still being written.",
        "Our planning office serves cities of very different size with one set of data.",
    ),
    7: (
        "A heat plan that begins with those who live alone under the roof.",
        "Workers of the old power station are trained for the heat network that replaces it.",
        "The rebate for insulation goes to tenants first; owners follow.",
    ),
    8: (
        "Care blocks bring laundry, courses and childcare within a walk of fifteen minutes.",
        "Those who care for a relative get a day off: somebody trained takes their place.",
        "We counted hours of unpaid care by district, and moved bus stops accordingly.",
    ),
    9: (
        "A school for newly elected councillors, with mentors of all parties.",
        "Half of the heads of department are women since posts are filled by panels.",
        "Women who lead water committees learn to negotiate with the utility.",
    ),
    10: (
        "We walk bus routes at night with women who work shifts, and change the lights first.",
        "Tickets that allow breaks: to school, to the market, to work, on one fare.",
        "A count by gender and age at forty stops showed whom the timetable forgets.",
    ),
}
#: By language: why a city applies, what it offers, what it needs; each in turns.
MOTIVATIONS = {
    "en": (
        "We have begun, and know by now what we do not know. In a small group we can ask what no report answers.",
        "Two departments work on this and hardly meet. The lab gives us one plan and a date.",
        "Our council decides on the next stage this autumn. We want to hear from cities that are a year ahead.",
        "We failed once and can say why. Others should not have to pay for the same lesson.",
    ),
    "es": (
        "Ya hemos empezado y sabemos qué nos falta. En un grupo pequeño se puede preguntar lo que ningún informe explica.",
        "Dos áreas trabajan en esto y apenas se encuentran. El lab nos da un plan común y una fecha.",
        "El consejo decide este otoño la siguiente etapa. Queremos escuchar a ciudades que nos llevan un año.",
    ),
    "fr": (
        "Nous avons commencé et savons ce qui nous manque. En petit groupe, on peut poser les questions qu’aucun rapport ne traite.",
        "Deux services y travaillent et se voient à peine. Le lab nous donne un plan commun et une date.",
        "Le conseil décide cet automne de la suite. Nous voulons entendre des villes qui ont un an d’avance.",
    ),
}
OFFERS = {
    "en": (
        "Our contract, with the clauses that we would write otherwise today.",
        "Two years of open data, and the team that keeps them.",
        "A visit on site for the group, with those who run it every day.",
        "Training material in two languages, free to use.",
    ),
    "es": (
        "Nuestro pliego, con las cláusulas que hoy redactaríamos de otro modo.",
        "Dos años de datos abiertos y el equipo que los mantiene.",
        "Una visita técnica para el grupo, con quienes lo gestionan a diario.",
    ),
    "fr": (
        "Notre cahier des charges, avec les clauses que nous écririons autrement aujourd’hui.",
        "Deux ans de données ouvertes, et l’équipe qui les tient.",
        "Une visite sur place pour le groupe, avec les équipes de terrain.",
    ),
}
NEEDS = {
    "en": (
        "Ways to pay for upkeep once the first grant is spent.",
        "Indicators that a small team can collect.",
        "Examples of how to decide with residents, and not only to inform them.",
        "Somebody to read our draft plan before it goes to the council.",
    ),
    "es": (
        "Formas de pagar el mantenimiento cuando se acaba la primera subvención.",
        "Indicadores que un equipo pequeño pueda recoger.",
        "Ejemplos de cómo decidir con el vecindario, y no solo informarlo.",
    ),
    "fr": (
        "Des façons de payer l’entretien une fois la première subvention dépensée.",
        "Des indicateurs qu’une petite équipe peut recueillir.",
        "Des exemples de décision avec les habitants et habitantes, au-delà de l’information.",
    ),
}
CASES_IN = {
    "es": (
        "Un proyecto piloto en dos barrios, con mesa vecinal y presupuesto propio desde hace un año.",
        "Un plan metropolitano que varios municipios aplican a la vez, cada uno a su ritmo.",
        "Un servicio nuevo que llega primero a quienes menos se mueven por la ciudad.",
    ),
    "fr": (
        "Un projet pilote dans deux quartiers, avec un comité d’habitants et un budget propre depuis un an.",
        "Un plan métropolitain que plusieurs communes appliquent en même temps, chacune à son rythme.",
        "Un nouveau service qui atteint d’abord les personnes qui se déplacent le moins.",
    ),
}
ROLES = {
    "en": (
        "Head of unit", "Project lead", "Planner", "Data analyst", "Community liaison", "Engineer", "Adviser on equality",
    ),
    "es": ("Jefatura de unidad", "Coordinación de proyecto", "Planificación", "Análisis de datos", "Asesoría de igualdad"),
    "fr": ("Chefferie de service", "Conduite de projet", "Urbanisme", "Analyse de données", "Conseil en égalité"),
}  # fmt: skip
POLITICAL_ROLE = {"en": "Member of the council", "es": "Miembro del consejo", "fr": "Membre du conseil"}

#: By score: what reviewers write beside a criterion, in turns.
MARK_COMMENTS: dict[int, tuple[str, ...]] = {
    5: ("Clear, with figures that can be checked.", "Others can use this as it is."),
    4: ("", "Good; one would like to know what it costs."),
    3: ("", "Said in general terms."),
    2: ("Little is said about this.", "Hard to tell from what is written."),
    1: ("Nothing is said about this.",),
}
REVIEW_COMMENTS = (
    "A case that the group will talk about.",
    "Sound; the people proposed do the work themselves.",
    "Would gain from a second person of another department.",
    "Comes a year too early, but the questions are good.",
)
INTRODUCTIONS = (
    "I work on the streets more than at the desk, and collect photographs of bad kerbs.",
    "I write the contracts. Ask me about clauses.",
    "Fifteen years in planning; new to everything digital.",
    "I speak with neighbourhood groups every week and bring their questions.",
)
MESSAGES = (
    (
        "Your contract",
        "You spoke of the clause on upkeep. Could you send me the wording? We sign in a month.",
        "Gladly. I put it among the materials of the second session, with a note on what went wrong.",
    ),
    (
        "A visit in spring",
        "Three of us could come in the week after Easter. Would that suit your team?",
        "It would. Let us fix the day at the next session, so that others can join.",
    ),
)
#: What participants say; a few agree to be quoted.
REMARKS = (
    "We went home with a contract that we could use at once, and with the telephone number of those who wrote it.",
    "The group was small enough that everybody showed a mistake of their own.",
    "I had not expected to learn most from a city five times smaller than ours.",
    "Two hours are short when nine cities speak. The cases should be read before.",
    "For the first time somebody asked who does the work, and who gains by it.",
    "The second session was worth the early hour.",
    "We changed the plan after the first session, and the council has agreed to it.",
)
#: Lab, title, description, seats of those who agreed, and answers after 3, 6 and 12 months; None: nobody answered.
OUTCOMES: tuple[tuple[int, str, str, tuple[int, ...], tuple[tuple[str, str] | None, ...]], ...] = (
    (
        1, "A shared model street for tests with residents",
        "Three cities use one set of drawings and exchange what residents marked.", (0, 1, 2),
        (("under_way", "The drawings are shared."), ("under_way", "Two tests are done."), ("done", "Report at the network's library.")),
    ),
    (
        2, "One tender for charging at depots", "Two cities write the specification together.", (0, 3),
        (("under_way", ""), ("dropped", "The law of one country does not allow it.")),
    ),
    (
        3, "A model contract for energy communities with tenants", "In English, Spanish and French.", (1, 2, 4),
        (("under_way", "English is ready."), ("under_way", "Spanish is ready."), None),
    ),
    (
        4, "A round table on water between cities of one basin", "To meet twice a year.", (0, 1),
        (("agreed", "The date is not set."), ("under_way", "First meeting held."), ("done", "Third meeting held; it goes on without us.")),
    ),
    (
        5, "Exchange of staff between two library services", "Two people each, for two weeks.", (2, 3),
        (("done", "Took place, and will again."),),
    ),
    (
        6, "A handbook on metropolitan budgets", "One chapter of each city of the group.", (0, 1, 3, 4),
        (("under_way", ""), None, ("under_way", "Three of four chapters are there.")),
    ),
    (
        7, "Common figures for heat and income", "Each city reports five numbers a year.", (0, 2),
        (None, ("under_way", "Four numbers of five."), None),
    ),
    (
        8, "Two pilot care blocks", "With advice from the city that began.", (1, 3),
        (("agreed", ""), ("under_way", "The first has opened."), ("done", "Both are open.")),
    ),
    (
        9, "A pool of mentors for newly elected councillors", "Twenty mentors from the cities of the group.", (0, 1, 2, 3, 4),
        (("under_way", "Eleven mentors."), ("under_way", "Twenty mentors."), ("done", "The first year is over.")),
    ),
    (
        10, "A night walk of bus routes in every city of the group", "With one form for what was seen.", (0, 1, 2),
        (("under_way", "Two cities walked."), ("done", "All walked; results are published.")),
    ),
)  # fmt: skip
LAB_LESSONS: dict[int, str] = {
    2: "Manufacturers should not be in the first session; cities speak more freely among themselves.",
    4: "Cities of one basin should apply together.",
    6: "One city had to leave after the first session when its team was dissolved: two people of a city are safer than one.",
    9: "The session in person brought what two online could not. Travel of two cities was paid by their hosts.",
    10: "The share of women was higher than foreseen, and nobody missed anything.",
}
ROUND_LESSONS = (
    "Ten labs at once were many for a small team; eight would do.\n\n"
    "One hour does not suit all clocks: sessions in two time slots would bring back cities of Asia and the Americas.\n\n"
    "A place that is confirmed by name is kept. Letters without an answer day were not answered."
)
PRIORITIES = "Problems that members have named in the survey of 2023, with women and men taking part alike."
